import { Hono } from "hono";
import { batchRequestSchema, jobRequestSchema } from "../src/protocol/job-request.ts";
import type { JobView } from "../src/protocol/job-view.ts";
import { newJobId } from "../src/protocol/new-job-id.ts";
import { sha256 } from "../src/protocol/sha256.ts";

/** The tenant of every contender's jobs, and its key. */
export const BENCH_TENANT = "bench";
export const BENCH_KEY = "slk_bench_0123456789abcdefghij";

/** A job as a contender's own system is given it. */
export interface NewJob {
  readonly id: string;
  readonly tenantId: string;
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly payload: unknown;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What is behind the front: a contender's own system. */
export interface JobStore {
  /** Resolves once all of them are durable. */
  add(jobs: readonly NewJob[]): Promise<"added" | "rate_limited">;
  /** Null when there is no such job. A contender without status has none of this. */
  find?(tenantId: string, id: string): Promise<JobView | null>;
}

const MOST_ATTEMPTS = 3;

/** SHA-256 of each key, and whose it is: what an isolate or a process knows after a key's first use. */
const owners = new Map([[await sha256(BENCH_KEY), BENCH_TENANT]]);

/**
 * The HTTP API of a contender: the paths, the schema and the answers of Sluice's own, and keys that are looked up by
 * their SHA-256, so that nothing but what is behind it differs.
 * @param storeOf the system behind it, by the bindings of the Worker that it runs in
 */
export function httpFront<Bindings extends object>(storeOf: (env: Bindings) => JobStore) {
  const app = new Hono<{ Bindings: Bindings; Variables: { tenantId: string } }>();
  app.use("/v1/*", async (c, next) => {
    const key = /^Bearer (slk_[\w-]{16,128})$/.exec(c.req.header("Authorization") ?? "")?.[1];
    const tenantId = key === undefined ? undefined : owners.get(await sha256(key));
    if (tenantId === undefined) return c.json({ code: "unauthorized" }, 401);
    c.set("tenantId", tenantId);
    await next();
  });
  app.post("/v1/jobs", async (c) => {
    const request = jobRequestSchema.safeParse(await c.req.json());
    if (!request.success) return c.json({ code: "invalid_request" }, 422);
    const job = newJob(c.get("tenantId"), request.data);
    const added = await storeOf(c.env).add([job]);
    return added === "added" ? c.json(queuedView(job), 202) : c.json({ code: added }, 503);
  });
  app.post("/v1/jobs/batch", async (c) => {
    const batch = batchRequestSchema.safeParse(await c.req.json());
    if (!batch.success) return c.json({ code: "invalid_request" }, 422);
    const requests = batch.data.jobs.map((job) => jobRequestSchema.safeParse(job));
    const jobs = requests.flatMap(({ data }) => (data === undefined ? [] : [newJob(c.get("tenantId"), data)]));
    if (jobs.length < requests.length) return c.json({ code: "invalid_request" }, 422);
    const added = await storeOf(c.env).add(jobs);
    return added === "added" ? c.json({ data: jobs.map(queuedView) }, 202) : c.json({ code: added }, 503);
  });
  app.get("/v1/jobs/:id", async (c) => {
    const job = await storeOf(c.env).find?.(c.get("tenantId"), c.req.param("id"));
    return job ? c.json(job) : c.json({ code: "not_found" }, 404);
  });
  return app;
}

type JobRequest = ReturnType<typeof jobRequestSchema.parse>;

function newJob(
  tenantId: string,
  { id = newJobId(), type, queue, priority, maxAttempts, payload }: JobRequest,
): NewJob {
  const attempts = maxAttempts ?? MOST_ATTEMPTS;
  return {
    id,
    tenantId,
    type,
    queue,
    priority,
    maxAttempts: attempts,
    payload: payload ?? null,
    createdAt: Date.now(),
  };
}

/** What callers see of a job that has just been added. */
export function queuedView({ id, type, queue, priority, maxAttempts, createdAt }: Omit<NewJob, "payload">): JobView {
  return {
    id,
    type,
    queue,
    priority,
    state: "queued",
    attempt: 0,
    maxAttempts,
    createdAt: new Date(createdAt).toISOString(),
    startedAt: null,
    finishedAt: null,
    dueAt: null,
    expiresAt: null,
    cancelReason: null,
    replayOf: null,
    callback: null,
    parentId: null,
    groupId: null,
    next: [],
    onFailure: null,
    nextJobId: null,
    errors: [],
  };
}
