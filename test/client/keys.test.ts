import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type ClientOptions, createClient, SluiceError } from "../../src/client/client.ts";
import { createTenant } from "../support/tenants.ts";

type Fetch = NonNullable<ClientOptions["fetch"]>;
const worker: Fetch = (request) => exports.default.fetch(request);
const clientWith = (key: string, fetch: Fetch = worker) =>
  createClient({ url: "https://sluice.test", key, fetch, retry: { baseMs: 1, capMs: 5 } });
const newClient = async (fetch?: Fetch) => clientWith((await createTenant()).key, fetch);

describe("keys of the typed client", () => {
  it("are made, listed, used, rotated and revoked", async () => {
    const { keys } = await newClient();
    const { key, ...made } = await keys.create({ name: "shop", scopes: ["jobs:read"], types: ["noop"] });
    expect((await keys.list())[0]).toEqual(made);
    const shop = clientWith(key);
    expect(await Array.fromAsync(shop.jobs.list())).toEqual([]);
    await expect(shop.keys.list()).rejects.toMatchObject({ code: "insufficient_scope", status: 403 });
    const next = await keys.rotate(made.id, { overlap: 0 });
    expect(next).toMatchObject({ name: "shop", scopes: ["jobs:read"], types: ["noop"] });
    await expect(Array.fromAsync(shop.jobs.list())).rejects.toMatchObject({ code: "unauthorized" });
    await keys.revoke(next.id);
    await keys.revoke(next.id);
    await keys.revoke("none");
    expect((await keys.list()).map(({ revokedAt }) => revokedAt !== null)).toEqual([true, true, false]);
  });

  it("are made once though an answer was lost, and say so", async () => {
    let lost = false;
    const { keys } = await newClient(async (request) => {
      const response = await worker(request);
      if (request.method !== "POST" || lost) return response;
      lost = true;
      throw new TypeError("the connection was lost");
    });
    const again = await keys.create({ name: "shop", scopes: ["jobs:read"] }).catch((error: unknown) => error);
    expect(again).toBeInstanceOf(SluiceError);
    expect(again).toMatchObject({ code: "key_exists" });
    expect(await keys.list()).toHaveLength(2);
    expect((await keys.rotate((await keys.list())[0]!.id)).name).toBe("shop");
  });
});
