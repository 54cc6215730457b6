import { type Context, Hono } from "hono";
import { isTerminal } from "../../domain/job.ts";
import { readTraceParent } from "../../domain/trace-parent.ts";
import { log } from "../../log.ts";
import { MOST_CHAIN_BYTES } from "../../protocol/chain.ts";
import { jobListQuerySchema } from "../../protocol/job-list-query.ts";
import {
  batchRequestSchema,
  idempotencyKeySchema,
  MOST_BATCH_BYTES,
  replayRequestSchema,
} from "../../protocol/job-request.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { checkedRequest } from "../checked-request.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import type { Enqueued } from "../enqueue-jobs.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { rateHeaders } from "../rate-headers.ts";
import { hasBody, readJson } from "../read-json.ts";
import { readQuery } from "../read-query.ts";
import { keysOfReadTokens, readerView, readTokenOf } from "../read-tokens.ts";
import { TenantJobs } from "../tenant-jobs.ts";
import { waitPreference } from "../wait-preference.ts";

/** What a job's body has beside its payload, at most. */
const ENVELOPE_BYTES = 65_536 + MOST_CHAIN_BYTES;
/** Each job's own key is this one with its index. */
const LONGEST_BATCH_KEY = 250;
/** Ids in one line of the log. */
const MOST_LOGGED = 100;
const BOOKMARK = "Sluice-Bookmark";

export const jobRoutes = new Hono<TenantRouteEnv>()
  .post("/", requires("jobs:write"), parameters("wait", "readToken"), async (c) => {
    const preference = waitPreference(c);
    const wantsToken = wantsReadToken(c);
    const body = await readJson(c, deploymentOf(c).config.maxPayloadBytes + ENVELOPE_BYTES);
    const jobs = tenantJobs(c);
    const key = idempotencyKey(c);
    refuseTwoKeys(body, key);
    const enqueued = await jobs.enqueue([{ value: withKey(body, key), path: [] }], traceParent(c));
    logEnqueued(c, enqueued);
    const job = announced(c, enqueued);
    setHeaders(c, { ...preference?.headers });
    const { config } = deploymentOf(c);
    const readToken = wantsToken ? { readToken: await readTokenOf(config, c.get("tenantId"), job.view.id) } : {};
    if (preference === null) return c.json({ ...job.view, ...readToken }, 202);
    const view = await jobs.waitAfterEnqueue(job.view, preference.waitMs);
    return c.json({ ...view, ...readToken }, isTerminal(view.state) ? 200 : 202);
  })
  .get("/", requires("jobs:read"), async (c) => {
    const { include, ...request } = readQuery(c, jobListQuerySchema);
    const jobs = tenantJobs(c);
    const page = await jobs.list({ ...request, include: new Set(include) });
    return c.json(page, 200, bookmark(jobs.bookmark));
  })
  .all("/", methodNotAllowed("GET, POST"))
  .post("/batch", requires("jobs:write"), parameters(), async (c) => {
    const body = checkedRequest(batchRequestSchema, await readJson(c, MOST_BATCH_BYTES));
    const key = idempotencyKey(c);
    if (key !== undefined && key.length > LONGEST_BATCH_KEY) {
      throw new SluiceError(
        "invalid_parameter",
        `Idempotency-Key: at most ${LONGEST_BATCH_KEY} characters for a batch`,
      );
    }
    const requests = body.jobs.map((job, index) => ({
      value: withKey(job, key && `${key}:${index}`),
      path: ["jobs", index],
    }));
    const enqueued = await tenantJobs(c).enqueue(requests, traceParent(c), body.group);
    const { jobs } = enqueued;
    logEnqueued(c, enqueued);
    setHeaders(c, enqueueHeaders(enqueued));
    if (jobs.every((job) => job.replayed)) c.header("Idempotent-Replayed", "true");
    return c.json({ data: jobs.map((job) => job.view) }, 202);
  })
  .all("/batch", methodNotAllowed("POST"))
  .get("/:id", requires("jobs:read", { orReader: true }), parameters("wait", "include"), async (c) => {
    const preference = waitPreference(c);
    const jobs = tenantJobs(c);
    const id = c.req.param("id");
    const withStepResults = wantsStepResults(c);
    const view =
      preference === null
        ? await jobs.get(id, withStepResults)
        : await jobs.wait(id, preference.waitMs, withStepResults);
    const shown = c.get("caller").readsJob === null ? view : readerView(view);
    return c.json(shown, 200, { ...preference?.headers, ...bookmark(jobs.bookmark) });
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
    const names = checkedRequest(replayRequestSchema, withKey(body, key));
    const replayed = await tenantJobs(c).replay(c.req.param("id"), names);
    return c.json(announced(c, replayed).view, 202);
  })
  .all("/:id/replay", methodNotAllowed("POST"))
  .post("/:id/read-token", requires("jobs:read"), parameters(), async (c) =>
    c.json(await tenantJobs(c).readToken(c.req.param("id")), 201),
  )
  .all("/:id/read-token", methodNotAllowed("POST"));

// Before anything is stored: without secret keys there are no tokens.
function wantsReadToken(c: Context<TenantRouteEnv>): boolean {
  const wanted = c.req.query("readToken");
  if (wanted === undefined || wanted === "false") return false;
  if (wanted !== "true") throw new SluiceError("invalid_parameter", "readToken: must be true or false");
  keysOfReadTokens(deploymentOf(c).config);
  return true;
}

function wantsStepResults(c: Context<TenantRouteEnv>): boolean {
  const include = c.req.query("include");
  if (include === undefined || include === "stepResults") return include !== undefined;
  throw new SluiceError("invalid_parameter", "include: of one job it must be stepResults; all else is there already");
}

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

function traceParent(c: Context): string | null {
  return readTraceParent(c.req.header("traceparent"));
}

function logEnqueued(c: Context<TenantRouteEnv>, { jobs }: Enqueued): void {
  if (!deploymentOf(c).config.logAttempts) return;
  const jobIds = jobs.slice(0, MOST_LOGGED).map(({ view }) => view.id);
  log.info("jobs were enqueued", {
    requestId: (c as Context).get("requestId"),
    tenantId: c.get("tenantId"),
    jobs: jobs.length,
    jobIds,
  });
}

function setHeaders(c: Context, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
}
