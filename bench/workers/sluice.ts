import { AsyncLocalStorage } from "node:async_hooks";
import { Hono } from "hono";
import { z } from "zod";
import { defineHandler } from "../../src/domain/handler.ts";
import type { SluiceEnv } from "../../src/env.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { createSluice } from "../../src/sluice.ts";
import { FINISHED_PATH, FinishLog } from "../finish-log.ts";

export { TenantGate } from "../../src/gate/tenant-gate.ts";

const log = new FinishLog();
/** The payloads of the jobs that a batch has run. */
const ran = new AsyncLocalStorage<unknown[]>();

const noop = defineHandler({
  type: "noop",
  input: z.unknown(),
  timeout: "10s",
  run: (payload) => {
    ran.getStore()?.push(payload);
  },
});

const sluice = createSluice({ handlers: [noop] });

const app = new Hono<{ Bindings: SluiceEnv }>();
// The floor: what the runtime and Hono take for themselves.
app.post("/floor", (c) => c.json({ status: "ok" }, 202));
app.get("/floor", (c) => c.json({ status: "ok" }));
app.get(FINISHED_PATH, (c) => c.json(log.report(c.req.query("take") !== undefined)));

/** Sluice with a handler that does nothing. Its jobs count when their whole batch has ended, so never too early. */
export default {
  fetch: (request: Request, env: SluiceEnv, ctx: ExecutionContext): Response | Promise<Response> =>
    request.url.includes("/v1/") ? sluice.fetch(request, env, ctx) : app.fetch(request, env, ctx),
  queue: async (batch: MessageBatch<QueueMessage>, env: SluiceEnv): Promise<void> => {
    const payloads: unknown[] = [];
    await ran.run(payloads, () => sluice.queue(batch, env));
    const now = Date.now();
    for (const payload of payloads) log.record(payload, now);
  },
};
