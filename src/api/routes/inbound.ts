import { type Context, Hono } from "hono";
import { readConfig } from "../../config.ts";
import type { Registry } from "../../domain/registry.ts";
import type { SluiceEnv } from "../../env.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { type OpenEndpoint, openEndpoint } from "../endpoint-cache.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { readBytes } from "../read-json.ts";
import { type Received, receiveWebhook } from "../receive-webhook.ts";
import { recordRejection } from "../rejection-log.ts";
import { endpointNotFound } from "../tenant-endpoints.ts";

interface InboundEnv {
  Bindings: SluiceEnv;
  Variables: { registry: Registry };
}

/** Where providers send their webhooks: public, so that all that is known of who calls is what was signed. */
export const inboundRoutes = new Hono<InboundEnv>()
  .on(["POST", "GET"], "/:id", async (c) => {
    const id = c.req.param("id");
    const endpoint = await openEndpoint(c.env, id);
    if (endpoint === null) throw endpointNotFound(id.slice(0, 100));
    const received = await take(c, endpoint);
    switch (received.kind) {
      case "enqueued":
        return c.json({ id: received.jobId, ...(received.duplicate && { duplicate: true }) });
      case "ignored":
        return c.json({ ignored: true, event: received.event });
      case "challenge":
        return received.reply;
      case "rejected":
        throw new SluiceError("webhook_rejected", `The webhook is refused: ${received.cause}`, {
          headers: { "WWW-Authenticate": "Signature" },
        });
    }
  })
  .all("/:id", methodNotAllowed("POST, GET"));

async function take(c: Context<InboundEnv>, endpoint: OpenEndpoint): Promise<Received> {
  const config = readConfig(c.env);
  const maxPayloadBytes = endpoint.maxPayloadBytes ?? config.maxPayloadBytes;
  const deployment = { env: c.env, config: { ...config, maxPayloadBytes }, registry: c.get("registry") };
  const record = (cause: string, detail?: string) =>
    c.executionCtx.waitUntil(
      recordRejection(c.env, endpoint, { cause, ...(detail && { detail }), userAgent: c.req.header("User-Agent") }),
    );
  try {
    const body = await readBytes(c.req.raw, maxPayloadBytes);
    const { method, url, headers } = c.req.raw;
    const received = await receiveWebhook(deployment, endpoint, { method, url, headers, body });
    if (received.kind === "rejected") record(received.cause);
    return received;
  } catch (error) {
    if (error instanceof SluiceError) record(error.code, error.message);
    throw error;
  }
}
