import { type Context, Hono } from "hono";
import { z } from "zod";
import { isJobId } from "../../domain/id.ts";
import type { SluiceEnv } from "../../env.ts";
import { fieldErrors } from "../../protocol/field-errors.ts";
import { JOB_EVENTS } from "../../protocol/live-events.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { commaList } from "../comma-list.ts";
import { jobNotFound } from "../enqueue-jobs.ts";
import { followEvents } from "../follow-events.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";

interface EventsEnv {
  Bindings: SluiceEnv;
  Variables: { tenantId: string };
}

const lastEventId = z.string().max(100).optional();
const jobQuerySchema = z.strictObject({ lastEventId });
const tenantQuerySchema = z.strictObject({
  lastEventId,
  queue: z.string().max(128).optional(),
  type: z.string().max(100).optional(),
  event: commaList(JOB_EVENTS).optional(),
});

const HEADERS = { "Content-Type": "text/event-stream", "Cache-Control": "no-store" };

/** Live events as server-sent events: of one job, and of the whole tenant. */
export const eventRoutes = new Hono<EventsEnv>()
  .get("/events", (c) => {
    const { lastEventId, event, ...filter } = query(c, tenantQuerySchema);
    return stream(c, { ...filter, events: event, lastEventId });
  })
  .all("/events", methodNotAllowed("GET"))
  .get("/jobs/:id/events", (c) => {
    const jobId = c.req.param("id");
    const { lastEventId } = query(c, jobQuerySchema);
    if (!isJobId(jobId)) throw jobNotFound(jobId);
    return stream(c, { jobId, lastEventId });
  })
  .all("/jobs/:id/events", methodNotAllowed("GET"));

function query<Query>(c: Context<EventsEnv>, schema: z.ZodType<Query>): Query {
  const parsed = schema.safeParse(c.req.query());
  if (parsed.success) return parsed.data;
  const [first] = fieldErrors(parsed.error);
  throw new SluiceError("invalid_parameter", `${first?.pointer.slice(2)}: ${first?.detail}`);
}

async function stream(c: Context<EventsEnv>, request: Parameters<typeof followEvents>[2]): Promise<Response> {
  const lastEventId = c.req.header("Last-Event-ID")?.slice(0, 100) ?? request.lastEventId;
  const body = await followEvents(c.env.GATES, c.get("tenantId"), { ...request, lastEventId });
  if (c.req.raw.method !== "HEAD") return c.body(body, 200, HEADERS);
  // Nobody would read it.
  await body.cancel();
  return c.body(null, 200, HEADERS);
}
