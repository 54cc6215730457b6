import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { newSigningSecret } from "../../src/protocol/webhook-signature.ts";
import { readSigningSecrets } from "../../src/storage/signing-secrets.ts";
import { apiOf } from "../support/api.ts";
import { asReceived, HOOK, network, verifies } from "../support/delivery.ts";
import { verifiesByKey } from "../support/ed25519.ts";
import { statesOf } from "../support/rows.ts";
import { keyText, secretKeys } from "../support/secret-keys.ts";
import { createTenant } from "../support/tenants.ts";

const SIGNED = { type: "http.request", payload: { url: HOOK, sign: true, body: { event: "paid" } } };

const lookup = (sql: string) => /FROM signing_secrets/.test(sql);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a signed job, from the API to its receiver", () => {
  it("is verified with the secret that the API tells", async () => {
    const api = apiOf(await createTenant());
    const calls = network(() => new Response(null, { status: 204 }));
    const { body: job } = await api.post("/v1/jobs?wait=10", SIGNED);
    expect(job).toMatchObject({ state: "succeeded", result: { status: 204 } });
    const { body } = await api.get("/v1/signing-secrets");
    const delivery = await asReceived(calls[0]);
    expect(delivery).toMatchObject({ body: '{"event":"paid"}', headers: { "webhook-id": job.id } });
    expect(body.data).toHaveLength(1);
    expect(verifies(delivery, body.data[0].secret)).toBe(true);
  });

  it("is verified with the public key too, and has both signatures of each secret", async () => {
    const api = apiOf(await createTenant());
    await api.get("/v1/signing-secrets");
    const { body } = await api.post("/v1/signing-secrets/rotate", { overlap: "1h" });
    const calls = network(() => new Response());
    await api.post("/v1/jobs?wait=10", SIGNED);
    const delivery = await asReceived(calls[0]);
    for (const { secret, publicKey } of body.data) {
      expect(verifies(delivery, secret)).toBe(true);
      expect(await verifiesByKey(delivery, publicKey)).toBe(true);
    }
    const versions = delivery.headers["webhook-signature"]!.split(" ").map((one) => one.split(",")[0]);
    expect(versions).toEqual(["v1", "v1", "v1a", "v1a"]);
  });

  it("is verified with a secret of the version before, which has no public key until it is rotated", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const old = newSigningSecret();
    await env.DB.prepare("INSERT INTO signing_secrets (tenant_id, id, secret, created_at) VALUES (?1, ?2, ?3, 0)")
      .bind(tenant.id, newJobId(), old)
      .run();
    expect((await api.get("/v1/signing-secrets")).body.data).toMatchObject([{ secret: old, publicKey: null }]);
    const calls = network(() => new Response());
    await api.post("/v1/jobs?wait=10", SIGNED);
    const delivery = await asReceived(calls[0]);
    expect(verifies(delivery, old)).toBe(true);
    expect(delivery.headers["webhook-signature"]).toMatch(/^v1,\S+$/);
    const { body } = await api.post("/v1/signing-secrets/rotate", {});
    expect(body.data).toMatchObject([{ publicKey: expect.stringMatching(/^whpk_/) }, { secret: old, publicKey: null }]);
  });

  it("waits while the deployment lacks the key that its secrets are sealed with", async () => {
    const tenant = await createTenant();
    await readSigningSecrets(env.DB, secretKeys(keyText("gone", 9)), tenant.id, Date.now());
    const calls = network(() => new Response());
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    const { body: job } = await apiOf(tenant).post("/v1/jobs", SIGNED);
    await vi.waitFor(() => expect(warned).toHaveBeenCalled(), { timeout: 10_000 });
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/sealed with the key \\"gone\\".*SLUICE_SECRET_KEYS/));
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ retrying: 1 }));
    expect(calls).toEqual([]);
    await apiOf(tenant).post(`/v1/jobs/${job.id}/cancel`);
  });

  it("is not verified with another tenant's secret", async () => {
    const [api, stranger] = [apiOf(await createTenant()), apiOf(await createTenant())];
    const calls = network(() => new Response());
    await api.post("/v1/jobs?wait=10", SIGNED);
    const { body } = await stranger.get("/v1/signing-secrets");
    expect(verifies(await asReceived(calls[0]), body.data[0].secret)).toBe(false);
  });

  it("is signed anew in each attempt, under the same id", async () => {
    const api = apiOf(await createTenant());
    const { body: secrets } = await api.get("/v1/signing-secrets");
    // A second apart, since the timestamp is in seconds.
    const busy = () => new Response("busy", { status: 503, headers: { "Retry-After": "1" } });
    const calls = network(busy, () => new Response("done"));
    const { body: job } = await api.post("/v1/jobs?wait=15", SIGNED);
    expect(job).toMatchObject({
      state: "succeeded",
      attempt: 2,
      errors: [{ message: expect.stringContaining("503") }],
    });
    const [first, second] = await Promise.all(calls.map(asReceived));
    for (const delivery of [first!, second!]) {
      expect(delivery.headers["webhook-id"]).toBe(job.id);
      expect(verifies(delivery, secrets.data[0].secret)).toBe(true);
    }
    expect(Number(second!.headers["webhook-timestamp"])).toBeGreaterThan(Number(first!.headers["webhook-timestamp"]));
  });

  it("is verified with the old secret and with the new one during a rotation", async () => {
    const api = apiOf(await createTenant());
    const { body: before } = await api.get("/v1/signing-secrets");
    const { body: after } = await api.post("/v1/signing-secrets/rotate", { overlap: "1h" });
    const calls = network(() => new Response());
    await api.post("/v1/jobs?wait=10", SIGNED);
    const delivery = await asReceived(calls[0]);
    expect(verifies(delivery, before.data[0].secret)).toBe(true);
    expect(verifies(delivery, after.data[0].secret)).toBe(true);
    expect(after.data[0].secret).not.toBe(before.data[0].secret);
  });

  it("is verified with the new secret alone when the old one has ended", async () => {
    const api = apiOf(await createTenant());
    const { body: before } = await api.get("/v1/signing-secrets");
    const { body: after } = await api.post("/v1/signing-secrets/rotate", { overlap: 0 });
    const calls = network(() => new Response());
    await api.post("/v1/jobs?wait=10", SIGNED);
    const delivery = await asReceived(calls[0]);
    expect(verifies(delivery, before.data[0].secret)).toBe(false);
    expect(verifies(delivery, after.data[0].secret)).toBe(true);
  });

  it("waits while its secrets cannot be read: it is neither failed nor sent unsigned", async () => {
    const api = apiOf(await createTenant());
    const calls = network(() => new Response());
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    const prepare = env.DB.prepare.bind(env.DB);
    let away = true;
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
      if (away && lookup(sql)) throw new Error("D1_ERROR: Network connection lost.");
      return prepare(sql);
    });
    const { body: job } = await api.post("/v1/jobs", SIGNED);
    await vi.waitFor(() => expect(warned).toHaveBeenCalled(), { timeout: 10_000 });
    const retried = await vi.waitFor(async () => {
      const { body } = await api.get(`/v1/jobs/${job.id}`);
      expect(body.errors.length).toBeGreaterThan(0);
      return body;
    });
    expect(retried.state).not.toBe("failed");
    expect(retried.errors[0]).toMatchObject({ message: "the signing secrets cannot be read at the moment" });
    expect(calls).toEqual([]);
    away = false;
    const { body: done } = await api.get(`/v1/jobs/${job.id}?wait=15`);
    expect(done.state).toBe("succeeded");
    const { body: secrets } = await api.get("/v1/signing-secrets");
    expect(verifies(await asReceived(calls[0]), secrets.data[0].secret)).toBe(true);
  });

  it("asks D1 for secrets no more often than jobs run side by side", async () => {
    const tenant = await createTenant();
    network(...Array.from({ length: 40 }, () => () => new Response()));
    await apiOf(tenant).get("/v1/signing-secrets");
    const prepared = vi.spyOn(env.DB, "prepare");
    await apiOf(tenant).post("/v1/jobs/batch", { jobs: Array.from({ length: 40 }, () => SIGNED) });
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ succeeded: 40 }), { timeout: 10_000 });
    expect(prepared.mock.calls.filter(([sql]) => lookup(sql)).length).toBeLessThanOrEqual(6);
  });
});
