import { type Context, Hono } from "hono";
import { isTerminal } from "../../domain/job.ts";
import { fieldErrors } from "../../protocol/field-errors.ts";
import { jobListQuerySchema } from "../../protocol/job-list-query.ts";
import {
  batchRequestSchema,
  idempotencyKeySchema,
  MOST_BATCH_BYTES,
  replayRequestSchema,
} from "../../protocol/job-request.ts";
import { invalidRequest, SluiceError } from "../../protocol/sluice-error.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import { type Enqueued, rateHeaders } from "../enqueue-jobs.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { hasBody, readJson } from "../read-json.ts";
import { TenantJobs } from "../tenant-jobs.ts";
import { waitPreference } from "../wait-preference.ts";

/** What a job's body has beside its payload, at most. */
const ENVELOPE_BYTES = 65_536;
/** Each job's own key is this one with its index. */
const LONGEST_BATCH_KEY = 250;
const BOOKMARK = "Sluice-Bookmark";

export const jobRoutes = new Hono<TenantRouteEnv>()
  .post("/", requires("jobs:write"), parameters("wait"), async (c) => {
    const preference = waitPreference(c);
    const body = await readJson(c, deploymentOf(c).config.maxPayloadBytes + ENVELOPE_BYTES);
    const jobs = tenantJobs(c);
    const key = idempotencyKey(c);
    refuseTwoKeys(body, key);
    const enqueued = await jobs.enqueue([{ value: withKey(body, key), path: [] }]);
    const job = announced(c, enqueued);
    setHeaders(c, { ...preference?.headers });
    if (preference === null) return c.json(job.view, 202);
    const view = await jobs.waitAfterEnqueue(job.view, preference.waitMs);
    return c.json(view, isTerminal(view.state) ? 200 : 202);
  })
  .get("/", requires("jobs:read"), async (c) => {
    const parsed = jobListQuerySchema.safeParse(c.req.query());
    if (!parsed.success) {
      const [first] = fieldErrors(parsed.error);
      throw new SluiceError("invalid_parameter", `${first?.pointer.slice(2)}: ${first?.detail}`);
    }
    const { include, ...request } = parsed.data;
    const jobs = tenantJobs(c);
    const page = await jobs.list({ ...request, include: new Set(include) });
    return c.json(page, 200, bookmark(jobs.bookmark));
  })
  .all("/", methodNotAllowed("GET, POST"))
  .post("/batch", requires("jobs:write"), parameters(), async (c) => {
    const body = batchRequestSchema.safeParse(await readJson(c, MOST_BATCH_BYTES));
    if (!body.success) throw invalidRequest(fieldErrors(body.error));
    const key = idempotencyKey(c);
    if (key !== undefined && key.length > LONGEST_BATCH_KEY) {
      throw new SluiceError(
        "invalid_parameter",
        `Idempotency-Key: at most ${LONGEST_BATCH_KEY} characters for a batch`,
      );
    }
    const requests = body.data.jobs.map((job, index) => ({
      value: withKey(job, key && `${key}:${index}`),
      path: ["jobs", index],
    }));
    const enqueued = await tenantJobs(c).enqueue(requests);
    const { jobs } = enqueued;
    setHeaders(c, enqueueHeaders(enqueued));
    if (jobs.every((job) => job.replayed)) c.header("Idempotent-Replayed", "true");
    return c.json({ data: jobs.map((job) => job.view) }, 202);
  })
  .all("/batch", methodNotAllowed("POST"))
  .get("/:id", requires("jobs:read"), parameters("wait"), async (c) => {
    const preference = waitPreference(c);
    const jobs = tenantJobs(c);
    const id = c.req.param("id");
    const view = preference === null ? await jobs.get(id) : await jobs.wait(id, preference.waitMs);
    return c.json(view, 200, { ...preference?.headers, ...bookmark(jobs.bookmark) });
  })
  .all("/:id", methodNotAllowed("GET"))
  .post("/:id/cancel", requires("jobs:write"), parameters(), async (c) => {
    const job = await tenantJobs(c).cancel(c.req.param("id"));
    return c.json(job, isTerminal(job.state) ? 200 : 202);
  })
  .all("/:id/cancel", methodNotAllowed("POST"))
  .post("/:id/run", requires("jobs:write"), parameters(), async (c) =>
    c.json(await tenantJobs(c).runNow(c.req.param("id"))),
  )
  .all("/:id/run", methodNotAllowed("POST"))
  .post("/:id/replay", requires("jobs:write"), parameters(), async (c) => {
    const body = hasBody(c) ? await readJson(c, ENVELOPE_BYTES) : {};
    const key = idempotencyKey(c);
    refuseTwoKeys(body, key);
    const names = replayRequestSchema.safeParse(withKey(body, key));
    if (!names.success) throw invalidRequest(fieldErrors(names.error));
    const replayed = await tenantJobs(c).replay(c.req.param("id"), names.data);
    return c.json(announced(c, replayed).view, 202);
  })
  .all("/:id/replay", methodNotAllowed("POST"));

/** The one job of the answer, after its headers. */
function announced(c: Context<TenantRouteEnv>, enqueued: Enqueued): Enqueued["jobs"][number] {
  const [job] = enqueued.jobs;
  if (job === undefined) throw new SluiceError("internal_error", "The job was not admitted");
  setHeaders(c, { ...enqueueHeaders(enqueued), Location: `${c.get("baseUrl")}/v1/jobs/${job.view.id}` });
  if (job.replayed) c.header("Idempotent-Replayed", "true");
  return job;
}

function tenantJobs(c: Context<TenantRouteEnv>): TenantJobs {
  const seen = c.req.header(BOOKMARK);
  const bookmark = seen !== undefined && isBookmark(seen) ? seen : undefined;
  return new TenantJobs(deploymentOf(c), c.get("tenantId"), c.get("caller").grant.types, bookmark);
}

// What is not a bookmark of D1's is ignored, as D1 would answer it with an error.
function isBookmark(value: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{8,64}){2,4}$/.test(value);
}

function enqueueHeaders(enqueued: Enqueued): Record<string, string> {
  return { ...rateHeaders(enqueued.rate), ...bookmark(enqueued.bookmark) };
}

function bookmark(value: string | null): Record<string, string> {
  return value === null ? {} : { [BOOKMARK]: value };
}

function idempotencyKey(c: Context): string | undefined {
  const header = c.req.header("Idempotency-Key");
  if (header === undefined) return undefined;
  const parsed = idempotencyKeySchema.safeParse(header);
  if (!parsed.success) {
    throw new SluiceError("invalid_parameter", `Idempotency-Key: ${parsed.error.issues[0]?.message ?? "invalid"}`);
  }
  return parsed.data;
}

// The header stands for the field where there is none; a body that is no object is left to its own error.
function withKey(body: unknown, key: string | undefined): unknown {
  if (key === undefined || typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return { idempotencyKey: key, ...body };
}

function refuseTwoKeys(body: unknown, key: string | undefined): void {
  const field = (body as { idempotencyKey?: unknown } | null)?.idempotencyKey;
  if (key === undefined || field === undefined || field === key) return;
  throw new SluiceError("invalid_parameter", "Idempotency-Key: the body has another one");
}

function setHeaders(c: Context, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
}
