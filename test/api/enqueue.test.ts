import { describe, expect, it } from "vitest";
import { apiOf } from "../support/api";
import { createTenant } from "../support/tenants";

describe("POST /v1/jobs", () => {
  it("answers 202 with the job, and the job runs", async () => {
    const api = apiOf(await createTenant());
    const posted = await api.post("/v1/jobs", { type: "greet", payload: { name: "Ada" } });
    expect(posted.status).toBe(202);
    expect(posted.headers.get("Location")).toBe(`https://sluice.test/v1/jobs/${posted.body.id}`);
    const done = await api.get(`/v1/jobs/${posted.body.id}?wait=10`);
    expect(done.body).toMatchObject({ state: "succeeded", attempt: 1, result: "hello Ada", payload: { name: "Ada" } });
  });
});
