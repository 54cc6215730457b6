import { describe, expect, it } from "vitest";
import { apiOf } from "../support/api.ts";
import { HOOK } from "../support/delivery.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";

const AGE = { measure: "oldest_due_age", threshold: "5m", url: HOOK };
const RATIO = { measure: "failure_ratio", queue: "mail", threshold: 0.25, window: "10m", minEvents: 20, url: HOOK };
const ok = { state: "ok", value: null, jobId: null, since: expect.stringMatching(/^\d{4}-.*Z$/) };

const newApi = async () => apiOf(await createTenant());

describe("an alert", () => {
  it("is made, shown and listed by name, and deleted", async () => {
    const api = await newApi();
    const age = await api.put("/v1/alerts/late", AGE);
    const view = {
      name: "late",
      measure: "oldest_due_age",
      queue: null,
      threshold: 300,
      window: null,
      minEvents: null,
    };
    expect([age.status, age.body]).toMatchObject([201, { ...view, ...ok, url: HOOK }]);
    const ratio = await api.put("/v1/alerts/failing", RATIO);
    expect(ratio.body).toMatchObject({ ...RATIO, name: "failing", window: 600, ...ok });
    expect((await api.get("/v1/alerts")).body.data).toEqual([ratio.body, age.body]);
    expect((await api.get("/v1/alerts/late")).body).toEqual(age.body);
    expect((await api.delete("/v1/alerts/late")).status).toBe(204);
    expectProblem(await api.get("/v1/alerts/late"), "alert_not_found");
    expectProblem(await api.delete("/v1/alerts/late"), "alert_not_found");
    expect((await api.get("/v1/alerts")).body.data).toEqual([ratio.body]);
  });

  it("of a share has a window of five minutes and asks for ten events, unless it says otherwise", async () => {
    const api = await newApi();
    const { body } = await api.put("/v1/alerts/busy", { measure: "unavailable_ratio", threshold: 1, url: HOOK });
    expect(body).toMatchObject({ queue: null, threshold: 1, window: 300, minEvents: 10 });
  });

  it("is replaced by another of its name, which keeps its state; the same again changes nothing", async () => {
    const api = await newApi();
    const made = await api.put("/v1/alerts/late", AGE);
    const same = await api.put("/v1/alerts/late", { ...AGE, threshold: 300 });
    expect([same.status, same.body]).toEqual([200, made.body]);
    const { status, body } = await api.put("/v1/alerts/late", RATIO);
    expect([status, body]).toMatchObject([200, { ...RATIO, window: 600, since: made.body.since }]);
    expect(body.createdAt).toBe(made.body.createdAt);
    expect(Date.parse(body.updatedAt)).toBeGreaterThan(Date.parse(made.body.updatedAt));
  });

  it("is one of twenty at most", async () => {
    const api = await newApi();
    const names = Array.from({ length: 20 }, (_, index) => `alert-${index}`);
    for (const name of names) expect((await api.put(`/v1/alerts/${name}`, AGE)).status).toBe(201);
    const problem = expectProblem(await api.put("/v1/alerts/more", AGE), "too_many_alerts");
    expect(problem.limit).toEqual({ name: "alerts", max: 20, current: 20 });
    expect((await api.put("/v1/alerts/alert-7", RATIO)).status).toBe(200);
    await api.delete("/v1/alerts/alert-7");
    expect((await api.put("/v1/alerts/more", AGE)).status).toBe(201);
  });

  it("has its URL in the one form by which receivers are known", async () => {
    const api = await newApi();
    const { body } = await api.put("/v1/alerts/late", { ...AGE, url: "https://HOOKS.example.com:443/in" });
    expect(body.url).toBe(HOOK);
  });
});

describe("a bad alert", () => {
  it.each([
    ["#/measure", { ...AGE, measure: "age" }],
    ["#/threshold", { ...AGE, threshold: "5s" }],
    ["#/threshold", { ...AGE, threshold: "31d" }],
    ["#/threshold", { ...AGE, threshold: "soon" }],
    ["#/window", { ...AGE, window: "5m" }],
    ["#/minEvents", { ...AGE, minEvents: 1 }],
    ["#/threshold", { ...RATIO, threshold: 0 }],
    ["#/threshold", { ...RATIO, threshold: 1.01 }],
    ["#/threshold", { ...RATIO, threshold: "5m" }],
    // Once a 500: no other rule looked at a time that is too long to be counted.
    ["#/window", { ...RATIO, window: 2 ** 53 }],
    ["#/window", { ...RATIO, window: "90s" }],
    ["#/window", { ...RATIO, window: "30s" }],
    ["#/window", { ...RATIO, window: "61m" }],
    ["#/window", { ...RATIO, window: "soon" }],
    ["#/minEvents", { ...RATIO, minEvents: 0 }],
    ["#/queue", { ...AGE, queue: "mail/*" }],
    ["#/name", { ...AGE, name: "late" }],
    ["#/url", { ...AGE, url: undefined }],
    ["#/url", { ...AGE, url: "http://10.0.0.1/" }],
    ["#/url", { ...AGE, url: "http://localhost/" }],
    ["#/url", { ...AGE, url: "https://me:pw@example.com/" }],
    ["#/url", { ...AGE, url: `${HOOK}?${"x".repeat(2_048)}` }],
    ["#", []],
  ])("is refused at %s when it is %j, and nothing is stored", async (pointer, body) => {
    const api = await newApi();
    const problem = expectProblem(await api.put("/v1/alerts/bad", body), "invalid_request");
    expect(problem.errors[0].pointer).toBe(pointer);
    expect((await api.get("/v1/alerts")).body.data).toEqual([]);
  });

  it.each(["a b", "a%2Fb", "x".repeat(101), "%C3%A4"])("has no name as %s", async (name) => {
    const api = await newApi();
    expectProblem(await api.put(`/v1/alerts/${name}`, AGE), "invalid_parameter");
  });
});
