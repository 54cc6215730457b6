import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type ClientOptions, createClient, SluiceError } from "../../src/client/client.ts";
import { createTenant } from "../support/tenants.ts";

type Fetch = NonNullable<ClientOptions["fetch"]>;
const worker: Fetch = (request) => exports.default.fetch(request);

async function clientOf(fetch: Fetch = worker) {
  const { key } = await createTenant();
  return createClient({ url: "https://sluice.test", key, fetch, retry: { baseMs: 1, capMs: 5 } });
}

describe("queues of the typed client", () => {
  it("are set, read, paused, resumed, listed and deleted", async () => {
    const { queues } = await clientOf();
    const set = await queues.set("customer/*", { concurrency: 1, rate: { limit: 5, period: "1s" } });
    expect(set).toMatchObject({ name: "customer/*", concurrency: 1, rate: { limit: 5, period: 1 }, paused: false });
    expect(await queues.get("customer/*")).toEqual(set);
    expect(await queues.pause("customer/*")).toMatchObject({ concurrency: 1, paused: true });
    expect(await queues.resume("customer/*")).toMatchObject({ concurrency: 1, paused: false });
    await queues.set("mail/eu", {});
    expect((await queues.list()).map(({ name }) => name)).toEqual(["customer/*", "mail/eu"]);
    await queues.delete("customer/*");
    expect((await queues.list()).map(({ name }) => name)).toEqual(["mail/eu"]);
  });

  it("that have no settings are an error to read, and none to delete", async () => {
    const { queues } = await clientOf();
    await expect(queues.get("mail")).rejects.toMatchObject({ name: "SluiceError", code: "queue_not_found" });
    await expect(queues.delete("mail")).resolves.toBeUndefined();
  });

  it("are deleted though the answer of the first try was lost", async () => {
    let lost = false;
    const { queues } = await clientOf(async (request) => {
      const response = await worker(request);
      if (request.method !== "DELETE" || lost) return response;
      lost = true;
      throw new TypeError("the connection was lost");
    });
    await queues.set("mail", { concurrency: 1 });
    await queues.delete("mail");
    expect([lost, await queues.list()]).toEqual([true, []]);
  });

  it("tell what is wrong with their settings", async () => {
    const { queues } = await clientOf();
    const refused = await queues.set("mail", { concurrency: 0 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SluiceError);
    expect(refused).toMatchObject({ code: "invalid_request", errors: [{ pointer: "#/concurrency" }] });
  });
});
