import { type Context, Hono } from "hono";
import { durationMs } from "../../domain/duration.ts";
import { queuePatternSchema, queueRequestSchema } from "../../protocol/queue-settings.ts";
import type { QueueList, QueueView } from "../../protocol/queue-view.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import {
  deleteQueueSettings,
  listQueueSettings,
  MOST_QUEUE_SETTINGS,
  pauseQueue,
  putQueueSettings,
  type QueueChange,
  readQueueSettings,
  resumeQueue,
  type StoredQueueSettings,
} from "../../storage/queue-settings.ts";
import { checkedRequest } from "../checked-request.ts";
import { type TenantRouteEnv } from "../deployment-of.ts";
import { callGate } from "../gate-client.ts";
import { requires } from "../guards.ts";
import { inStorage } from "../in-storage.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { readJson } from "../read-json.ts";

const MOST_BODY_BYTES = 4_096;

export const queueRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("jobs:read"), parameters(), async (c) => {
    const all = await inStorage(c.env, (db) => listQueueSettings(db, c.get("tenantId")));
    return c.json({ data: all.map(view) } satisfies QueueList);
  })
  .all("/", methodNotAllowed("GET"))
  .get("/:name", requires("jobs:read"), parameters(), async (c) => {
    const name = nameIn(c);
    const settings = await inStorage(c.env, (db) => readQueueSettings(db, c.get("tenantId"), name));
    if (settings === null) throw notFound(name);
    return c.json(view(settings));
  })
  .put("/:name", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    const {
      concurrency = null,
      rate,
      paused = false,
    } = checkedRequest(queueRequestSchema, await readJson(c, MOST_BODY_BYTES));
    const limits = {
      concurrency,
      rate: rate === undefined ? null : { limit: rate.limit, periodMs: durationMs(rate.period) },
      paused,
    };
    const change = await inStorage(c.env, (db) =>
      putQueueSettings(db, c.get("tenantId"), { name, ...limits }, Date.now()),
    );
    return answer(c, change);
  })
  .delete("/:name", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    const deleted = await inStorage(c.env, (db) => deleteQueueSettings(db, c.get("tenantId"), name));
    // Whether or not it was this call that deleted them: the one before it may not have reached the gate.
    await inForce(c);
    if (!deleted) throw notFound(name);
    return c.body(null, 204);
  })
  .all("/:name", methodNotAllowed("GET, PUT, DELETE"))
  .post("/:name/pause", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    return answer(c, await inStorage(c.env, (db) => pauseQueue(db, c.get("tenantId"), name, Date.now())));
  })
  .all("/:name/pause", methodNotAllowed("POST"))
  .post("/:name/resume", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    const settings = await inStorage(c.env, (db) => resumeQueue(db, c.get("tenantId"), name, Date.now()));
    if (settings === null) throw notFound(name);
    await inForce(c);
    return c.json(view(settings));
  })
  .all("/:name/resume", methodNotAllowed("POST"));

function nameIn(c: Context<TenantRouteEnv, "/:name">): string {
  const name = queuePatternSchema.safeParse(c.req.param("name"));
  if (name.success) return name.data;
  throw new SluiceError("invalid_parameter", `name: ${name.error.issues[0]?.message ?? "invalid"}`);
}

async function answer(c: Context<TenantRouteEnv>, change: QueueChange): Promise<Response> {
  if (change.kind === "too_many") {
    throw new SluiceError("too_many_queues", `${MOST_QUEUE_SETTINGS} queues have settings already`, {
      limit: { name: "queues", max: MOST_QUEUE_SETTINGS, current: MOST_QUEUE_SETTINGS },
    });
  }
  await inForce(c);
  return c.json(view(change.settings), change.kind === "created" ? 201 : 200);
}

// The settings are stored by now; a gate that cannot be told reads them within a minute.
async function inForce(c: Context<TenantRouteEnv>): Promise<void> {
  const reply = await callGate(c.env, c.get("tenantId"), (gate) => gate.reload());
  if (reply === "done") return;
  throw new SluiceError("storage_unavailable", "The settings are stored, and not yet in force", {
    retryAfterMs: 1_000,
  });
}

function notFound(name: string): SluiceError {
  return new SluiceError("queue_not_found", `There are no settings for ${name}`);
}

function view({ name, concurrency, rate, paused, createdAt, updatedAt }: StoredQueueSettings): QueueView {
  return {
    name,
    concurrency,
    rate: rate === null ? null : { limit: rate.limit, period: rate.periodMs / 1_000 },
    paused,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}
