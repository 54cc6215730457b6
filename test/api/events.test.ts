import { exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { runInDurableObject } from "cloudflare:test";
import { stubOf } from "../support/gate.ts";
import { apiOf } from "../support/api.ts";
import { createTenant } from "../support/tenants.ts";

describe("probe", () => {
  it("cancels", async () => {
    const tenant = await createTenant({ rate: 100000, burst: 100000 });
    const open = () => exports.default.fetch(new Request("https://sluice.test/v1/events", { headers: { Authorization: `Bearer ${tenant.key}` } }));
    const streams = [];
    for (let i = 0; i < 100; i++) streams.push(await open());
    const r = await open();
    console.log(r.status, await r.text());
    await streams[0]!.body!.cancel();
    const t = Date.now();
    await vi.waitFor(async () => { const r2 = await open(); await r2.body?.cancel(); expect(r2.status).toBe(200); }, { timeout: 5000 });
    console.log("cancelled after", Date.now() - t);
    for (const s of streams.slice(2)) await s.body!.cancel();
    const reader = streams[1]!.body!.getReader();
    console.log(new TextDecoder().decode((await reader.read()).value));
    const next = reader.read().then(r => "R " + JSON.stringify(r), e => "E " + e);
    await runInDurableObject(stubOf(tenant.id), (_, state) => { state.abort("crash"); }).catch(e => console.log("run", String(e)));
    console.log("aborted");
    console.log("evicted", await next);
  });
  it("slow", async () => {
    const tenant = await createTenant({ rate: 1000000, burst: 1000000 });
    const api = apiOf(tenant);
    const r = await exports.default.fetch(new Request("https://sluice.test/v1/events", { headers: { Authorization: `Bearer ${tenant.key}` } }));
    for (let i = 0; i < 8; i++) {
      const jobs = Array.from({ length: 1000 }, () => ({ type: "noop", payload: {}, delay: 3600 }));
      expect((await api.post("/v1/jobs/batch", { jobs })).status).toBe(202);
    }
    const text = await r.text();
    console.log(text.split("\n\n").length, text.slice(-300));
  });
});
