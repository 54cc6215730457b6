import { type Context, Hono } from "hono";
import type { z } from "zod";
import { readConfig } from "../../config.ts";
import { durationMs } from "../../domain/duration.ts";
import { checkedTarget } from "../../drafts/checked-target.ts";
import { alertRuleView } from "../../protocol/alert-event.ts";
import type { AlertList, AlertView } from "../../protocol/alert-view.ts";
import { alertNameSchema, alertRequestSchema } from "../../protocol/alerts.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { type AlertSettings, deleteAlert, listAlerts, MOST_ALERTS, putAlert, readAlert } from "../../storage/alerts.ts";
import type { AlertRow } from "../../storage/schema/alerts.ts";
import { checkedRequest } from "../checked-request.ts";
import type { TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { inStorage } from "../in-storage.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { readJson } from "../read-json.ts";

const MOST_BODY_BYTES = 8_192;

export const alertRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("jobs:read"), parameters(), async (c) => {
    const rows = await inStorage(c.env, (db) => listAlerts(db, c.get("tenantId")));
    return c.json({ data: rows.map(view) } satisfies AlertList);
  })
  .all("/", methodNotAllowed("GET"))
  .get("/:name", requires("jobs:read"), parameters(), async (c) => {
    const name = nameIn(c);
    const row = await inStorage(c.env, (db) => readAlert(db, c.get("tenantId"), name));
    if (row === null) throw notFound(name);
    return c.json(view(row));
  })
  .put("/:name", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    const request = checkedRequest(alertRequestSchema, await readJson(c, MOST_BODY_BYTES));
    const { allowLoopback } = readConfig(c.env);
    const url = checkedTarget(request.url, ["url"], allowLoopback);
    const put = await inStorage(c.env, (db) =>
      putAlert(db, c.get("tenantId"), { ...settings(request), name, url }, Date.now()),
    );
    if (put === null) {
      throw new SluiceError("too_many_alerts", `There are ${MOST_ALERTS} alerts already`, {
        limit: { name: "alerts", max: MOST_ALERTS, current: MOST_ALERTS },
      });
    }
    return c.json(view(put.row), put.created ? 201 : 200);
  })
  .delete("/:name", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    if (!(await inStorage(c.env, (db) => deleteAlert(db, c.get("tenantId"), name)))) throw notFound(name);
    return c.body(null, 204);
  })
  .all("/:name", methodNotAllowed("GET, PUT, DELETE"));

function nameIn(c: Context<TenantRouteEnv, "/:name">): string {
  const name = alertNameSchema.safeParse(c.req.param("name"));
  if (name.success) return name.data;
  throw new SluiceError("invalid_parameter", `name: ${name.error.issues[0]?.message ?? "invalid"}`);
}

function settings(request: z.output<typeof alertRequestSchema>): Omit<AlertSettings, "name" | "url"> {
  const { measure, queue = null } = request;
  if (request.measure === "oldest_due_age") {
    return { measure, queue, threshold: durationMs(request.threshold) / 1_000, windowMs: null, minEvents: null };
  }
  const { threshold, window, minEvents } = request;
  return { measure, queue, threshold, windowMs: durationMs(window), minEvents };
}

function notFound(name: string): SluiceError {
  return new SluiceError("alert_not_found", `There is no alert ${name}`);
}

function view(row: AlertRow): AlertView {
  const { url, state, value, jobId } = row;
  return {
    ...alertRuleView(row),
    url,
    state,
    since: isoTime(row.since),
    value,
    jobId,
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
  };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
