import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { expect, inject, it } from "vitest";
import { listen } from "../../scripts/listen.ts";
import { createClient } from "../../src/client/client.ts";
import { verifiesByKey } from "../support/ed25519.ts";

const { dir, url, keys } = inject("runtime");

/** The first request that a receiver gets, as it came over the wire. */
async function firstDelivery() {
  const { promise, resolve } = Promise.withResolvers<{ body: string; headers: Record<string, string> }>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
    response.writeHead(204).end();
    resolve({ body, headers: request.headers as Record<string, string> });
  });
  const host = await listen(server);
  return { url: `http://${host}/`, delivery: promise, close: () => server.close() };
}

it("a delivery verifies with the libraries of others and with the public key, and what signs it is sealed at rest", async () => {
  const receiver = await firstDelivery();
  const client = createClient({ url, key: keys.jobs });
  const [newest] = await client.signingSecrets.list();
  await client.jobs.enqueue("http.request", { url: receiver.url, sign: true, body: { type: "invoice.paid" } });
  const { body, headers } = await receiver.delivery;
  receiver.close();
  const { secret, publicKey } = newest ?? { secret: "", publicKey: "" };
  expect(headers["webhook-signature"]).toMatch(/^v1,\S+ v1a,\S+$/);
  expect(new Webhook(secret).verify(body, headers)).toEqual({ type: "invoice.paid" });
  expect(new SvixWebhook(secret).verify(body, headers)).toEqual({ type: "invoice.paid" });
  expect(await verifiesByKey({ body, headers }, publicKey ?? "")).toBe(true);
  expect(await verifiesByKey({ body: `${body} `, headers }, publicKey ?? "")).toBe(false);

  const state = globSync(join(dir, ".wrangler", "state", "v3", "**", "*.sqlite*")).map((file) => readFileSync(file));
  const holds = (text: string) => state.some((bytes) => bytes.includes(text));
  expect([holds("sealed.v1.local."), holds(secret), holds("whsk_")]).toEqual([true, false, false]);
});
