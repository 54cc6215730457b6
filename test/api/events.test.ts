import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { apiOf } from "../support/api.ts";
import { createTenant } from "../support/tenants.ts";

describe("probe", () => {
  it("streams", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const ac = new AbortController();
    const response = await exports.default.fetch(new Request("https://sluice.test/v1/events", { headers: { Authorization: `Bearer ${tenant.key}` }, signal: ac.signal }));
    expect(response.status).toBe(200);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    console.log(await reader.read());
    await api.post("/v1/jobs", { type: "noop", payload: {} });
    for (let i = 0; i < 3; i++) console.log((await reader.read()).value);
    await reader.cancel();
  });
});
