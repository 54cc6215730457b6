import { Hono } from "hono";
import type { DisabledReceiverList } from "../../protocol/disabled-receivers.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { enableReceiver, listDisabledReceivers } from "../../storage/disabled-receivers.ts";
import type { TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { inStorage } from "../in-storage.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";

export const disabledReceiverRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("jobs:read"), parameters(), async (c) => {
    const receivers = await inStorage(c.env, (db) => listDisabledReceivers(db, c.get("tenantId")));
    const data = receivers.map((one) => ({ ...one, disabledAt: new Date(one.disabledAt).toISOString() }));
    return c.json({ data } satisfies DisabledReceiverList);
  })
  .delete("/", requires("manage"), parameters("url"), async (c) => {
    const given = c.req.query("url");
    if (given === undefined) throw new SluiceError("invalid_parameter", "url: which receiver gets callbacks again");
    const url = URL.parse(given)?.href ?? given;
    const enabled = await inStorage(c.env, (db) => enableReceiver(db, c.get("tenantId"), url));
    if (!enabled) throw new SluiceError("receiver_not_found", `${url.slice(0, 200)} is not disabled`);
    return c.body(null, 204);
  })
  .all("/", methodNotAllowed("GET, DELETE"));
