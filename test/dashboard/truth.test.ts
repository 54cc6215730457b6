import type { Route } from "playwright-core";
import { describe, expect, it } from "vitest";
import { failedJob } from "./pure/jobs.ts";
import { useBrowser } from "./support/browser.ts";
import { clientOf } from "./support/calls.ts";
import { shoot } from "./support/shots.ts";
import { SETTINGS, statistics } from "./support/statistics.ts";

const { open, signedIn } = useBrowser();

describe("what is no longer true", () => {
  it("is said to be so, until it is true again", async () => {
    const page = await signedIn("cut", "/queues");
    await page.getByText("as of").waitFor();
    await page.route("**/v1/**", (route) => route.abort());
    const banner = page.getByText(/This is (not up to date|\d+ s old)/);
    await banner.waitFor();
    await shoot(page, "stale");
    await page.unroute("**/v1/**");
    await banner.waitFor({ state: "detached", timeout: 30_000 });
  });

  it("is not shown to the next key", async () => {
    await clientOf("cut").queues.pause("only-of-cut");
    const page = await signedIn("cut", "/queues");
    await page.getByText("only-of-cut").waitFor();
    await page.route("**/v1/**", (route) => problem(route, 401, "unauthorized", "The API key was revoked"));
    await page.getByText("The key is no longer valid.").waitFor();
    expect(await page.getByText("only-of-cut").count()).toBe(0);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it("is not hidden behind an error that nobody sees", async () => {
    const page = await signedIn("cut", "/queues");
    await page.route("**/v1/jobs**", (route) =>
      problem(route, 503, "storage_unavailable", "The database cannot be read"),
    );
    await page.getByRole("link", { name: "Jobs", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "storage_unavailable" }).waitFor();
    await shoot(page, "problem");
    await page.unroute("**/v1/jobs**");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("No jobs yet").waitFor();
  });
});

describe("a tenant with much to do", () => {
  it("has its sentence, its queues and its plots from them", async () => {
    const page = await open();
    await page.route("**/v1/events**", (route) => problem(route, 503, "overloaded", "The streams limit is 100"));
    await page.route("**/v1/stats**", (route) => route.fulfill({ json: statistics() }));
    await page.route("**/v1/queues", (route) => route.fulfill({ json: { data: SETTINGS } }));
    const failed = Array.from({ length: 48 }, () => failedJob("FatalError", "no such account", { type: "erp.sync" }));
    await page.route("**/v1/jobs**", (route) => route.fulfill({ json: { data: failed, nextCursor: "older" } }));
    await page.getByLabel("Key").fill("slk_whoever_looks_at_it");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Oldest waits 3 min: mail is at its concurrency of 10." }).waitFor();
    await page.getByRole("img", { name: "503s by limit, per minute: 84 rate, 36 backlog" }).waitFor();
    await page.getByRole("link", { name: "1,240" }).first().waitFor();
    await page.getByRole("row", { name: /erp\.sync FatalError: no such account 48\+/ }).waitFor();
    await page.getByRole("row", { name: /crm\.sync TypeError 37\+ last hour/ }).waitFor();
    await page.getByText("48+ dead letters").waitFor();
    await shoot(page, "overview-stats");
  });
});

describe("the operator", () => {
  it("sees all tenants, and asks for nothing that is a tenant's", async () => {
    const page = await open();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const limits = { rate: 1_000, burst: 2_000, backlog: 100_000, concurrency: 100 };
    await page.route("**/v1/tenants**", (route) => {
      const data = ["acme", "globex"].map((id) => ({
        id,
        name: id === "acme" ? "Acme Corporation" : id,
        state: id === "acme" ? "active" : "suspended",
        effectiveLimits: limits,
        createdAt: "2026-10-01T09:00:00.000Z",
      }));
      return route.fulfill({ json: { data, nextCursor: null } });
    });
    await page.getByLabel("Key").fill("the-operators-token-of-32-characters");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("row", { name: /Acme Corporation acme active/ }).waitFor();
    await shoot(page, "tenants");
    expect(asked.filter((path) => path.startsWith("/v1/") && path !== "/v1/tenants")).toEqual([]);
  });
});

function problem(route: Route, status: number, code: string, detail: string): Promise<void> {
  return route.fulfill({
    status,
    contentType: "application/problem+json",
    body: JSON.stringify({ status, code, detail }),
  });
}
