import { type Context, Hono } from "hono";
import { isJobId } from "../../domain/id.ts";
import { eventQuerySchema, jobEventQuerySchema } from "../../protocol/event-query.ts";
import { assertType, typeNotAllowed } from "../allowed-types.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import { followEvents } from "../follow-events.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { readQuery } from "../read-query.ts";
import { jobNotFound } from "../rejection.ts";
import { TenantJobs } from "../tenant-jobs.ts";

const HEADERS = { "Content-Type": "text/event-stream", "Cache-Control": "no-store" };

/** Live events as server-sent events: of one job, and of the whole tenant. */
export const eventRoutes = new Hono<TenantRouteEnv>()
  .get("/events", requires("jobs:read"), (c) => {
    const { lastEventId, event, ...filter } = readQuery(c, eventQuerySchema);
    const { types } = c.get("caller").grant;
    if (types !== null && filter.type === undefined) throw typeNotAllowed(types, "events of all types");
    if (filter.type !== undefined) assertType(types, filter.type);
    return stream(c, { ...filter, events: event, lastEventId });
  })
  .all("/events", methodNotAllowed("GET"))
  .get("/jobs/:id/events", requires("jobs:read", { orReader: true }), async (c) => {
    const jobId = c.req.param("id");
    const { lastEventId } = readQuery(c, jobEventQuerySchema);
    if (!isJobId(jobId)) throw jobNotFound(jobId);
    const { types } = c.get("caller").grant;
    // What it is of, the stream says too late.
    if (types !== null) await new TenantJobs(deploymentOf(c), c.get("tenantId"), types).get(jobId);
    return stream(c, { jobId, lastEventId });
  })
  .all("/jobs/:id/events", methodNotAllowed("GET"));

async function stream(c: Context<TenantRouteEnv>, request: Parameters<typeof followEvents>[2]): Promise<Response> {
  const lastEventId = c.req.header("Last-Event-ID")?.slice(0, 100) ?? request.lastEventId;
  const body = await followEvents(c.env, c.get("tenantId"), { ...request, lastEventId });
  if (c.req.raw.method !== "HEAD") return c.body(body, 200, HEADERS);
  // Nobody would read it.
  await body.cancel();
  return c.body(null, 200, HEADERS);
}
