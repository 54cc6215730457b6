import { type Context, Hono } from "hono";
import { pageQuerySchema } from "../../protocol/page-query.ts";
import { isScheduleName, runRequestSchema } from "../../protocol/schedules.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { checkedRequest } from "../checked-request.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { rateHeaders } from "../rate-headers.ts";
import { hasBody, readJson } from "../read-json.ts";
import { readQuery } from "../read-query.ts";
import { TenantSchedules } from "../tenant-schedules.ts";

/** What is larger than this holds no payload of 32 KB, and none of what follows of 32 KB more, however they are written. */
const MOST_BODY_BYTES = 524_288;
const MOST_RUN_BYTES = 1_024;

export const scheduleRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("jobs:read"), async (c) => {
    const { cursor, limit } = readQuery(c, pageQuerySchema);
    if (cursor !== undefined && !isScheduleName(cursor)) {
      throw new SluiceError("invalid_cursor", "The cursor is not one that this list gave");
    }
    return c.json(await schedulesOf(c).list(cursor ?? "", limit));
  })
  .all("/", methodNotAllowed("GET"))
  .put("/:name", requires("manage"), parameters(), async (c) => {
    const { created, view } = await schedulesOf(c).put(c.req.param("name"), await readJson(c, MOST_BODY_BYTES));
    return c.json(view, created ? 201 : 200);
  })
  .get("/:name", requires("jobs:read"), parameters(), async (c) =>
    c.json(await schedulesOf(c).get(c.req.param("name"))),
  )
  .delete("/:name", requires("manage"), parameters(), async (c) => {
    await schedulesOf(c).delete(c.req.param("name"));
    return c.body(null, 204);
  })
  .all("/:name", methodNotAllowed("GET, PUT, DELETE"))
  .post("/:name/pause", requires("manage"), parameters(), async (c) =>
    c.json(await schedulesOf(c).pause(c.req.param("name"))),
  )
  .all("/:name/pause", methodNotAllowed("POST"))
  .post("/:name/resume", requires("manage"), parameters(), async (c) =>
    c.json(await schedulesOf(c).resume(c.req.param("name"))),
  )
  .all("/:name/resume", methodNotAllowed("POST"))
  .post("/:name/run", requires("jobs:write"), parameters(), async (c) => {
    const request = checkedRequest(runRequestSchema, hasBody(c) ? await readJson(c, MOST_RUN_BYTES) : {});
    const { jobs, rate } = await schedulesOf(c).run(c.req.param("name"), request.id);
    const [job] = jobs;
    if (job === undefined) throw new SluiceError("internal_error", "The job was not admitted");
    for (const [name, value] of Object.entries(rateHeaders(rate))) c.header(name, value);
    if (job.replayed) c.header("Idempotent-Replayed", "true");
    return c.json(job.view, 202, { Location: `${c.get("baseUrl")}/v1/jobs/${job.view.id}` });
  })
  .all("/:name/run", methodNotAllowed("POST"));

function schedulesOf(c: Context<TenantRouteEnv>): TenantSchedules {
  return new TenantSchedules(deploymentOf(c), c.get("tenantId"), c.get("caller").grant.types);
}
