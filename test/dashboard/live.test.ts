import type { Page, Route } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { clientOf } from "./support/calls.ts";

const { open, signedIn, signIn } = useBrowser();
const client = clientOf("live");
const STREAMS = /\/v1\/(jobs\/[^/]+\/)?events/;

describe("while the stream of events is open", () => {
  it("a job goes from queued to succeeded, and no poll has told it", async () => {
    await client.queues.pause("held");
    const job = await client.jobs.enqueue("mail.send", { to: "ada@example.com" }, { queue: "held" });
    const page = await withoutPolls(`/jobs/${job.id}`);
    await page.locator("h1 + .state", { hasText: "queued" }).waitFor();
    await page.getByText("Live").waitFor();
    await client.queues.resume("held");
    await page.locator("h1 + .state", { hasText: "succeeded" }).waitFor();
    await page.getByRole("region", { name: "Result as JSON" }).filter({ hasText: "ada@example.com" }).waitFor();
  });

  it("how far a job has come is shown as its handler tells it", async () => {
    const job = await client.jobs.enqueue("export.rows", { rows: 1_200, ms: 60_000 }, { delay: "1h" });
    const page = await withoutPolls(`/jobs/${job.id}`);
    await page.getByText("Live").waitFor();
    await page.getByRole("button", { name: "Run now" }).click();
    await page.getByText("40 % · 480 of 1200 rows").waitFor();
    expect(await page.getByRole("progressbar", { name: "Progress" }).getAttribute("aria-valuenow")).toBe("40");
    await client.jobs.cancel(job.id);
    await page.locator("h1 + .state", { hasText: "cancelled" }).waitFor();
    expect(await page.getByRole("progressbar").count()).toBe(0);
  });

  it("lists, counts and dead letters change with what happens", async () => {
    const list = await withoutPolls("/jobs?type=crm.sync");
    const [overview, letters] = [await withoutPolls(""), await withoutPolls("/dead-letters")];
    for (const page of [list, overview, letters]) await page.getByText("Live").waitFor();
    await list.getByText("No job matches").waitFor();
    await overview.getByText("0 dead letters").waitFor();
    const job = await client.jobs.enqueue("crm.sync", { account: "acme", status: 500 });
    await client.jobs.wait(job.id);
    await list.locator("tbody .state", { hasText: "failed" }).waitFor();
    await overview.getByText("1 dead letter", { exact: true }).waitFor();
    await letters.getByText("1 failed job", { exact: true }).waitFor();
  });

  it("it is asked less often", async () => {
    const page = await signedIn("live", "/jobs");
    await page.getByText("Live").waitFor();
    const [live, polled] = [await readsOf(page, 7_000), await withoutStream("/jobs")];
    expect(live).toBeLessThanOrEqual(2);
    expect(await readsOf(polled, 7_000)).toBeGreaterThanOrEqual(3);
  });
});

describe("when there is no stream", () => {
  it("that is refused, the page asks every so often instead", async () => {
    await client.queues.pause("polled");
    const job = await client.jobs.enqueue("mail.send", { to: "grace@example.com" }, { queue: "polled" });
    const page = await withoutStream(`/jobs/${job.id}`);
    await page.locator("h1 + .state", { hasText: "queued" }).waitFor();
    expect(await page.getByText("Live").count()).toBe(0);
    await client.queues.resume("polled");
    await page.locator("h1 + .state", { hasText: "succeeded" }).waitFor();
  });

  it("any more, the page asks again until it is there again", async () => {
    await client.queues.pause("broken");
    const job = await client.jobs.enqueue("mail.send", { to: "edsger@example.com" }, { queue: "broken" });
    const page = await open("/jobs?queue=broken");
    let streams = 0;
    await page.route(STREAMS, (route) =>
      streams++ === 0 ? route.fulfill({ contentType: "text/event-stream", body: "retry: 100\n\n" }) : refuse(route),
    );
    await signIn(page, "live");
    await page.locator("tbody .state", { hasText: "queued" }).waitFor();
    await expect.poll(() => streams).toBeGreaterThan(1);
    expect(await page.getByText("Live").count()).toBe(0);
    await client.queues.resume("broken");
    await client.jobs.wait(job.id);
    await page.locator("tbody .state", { hasText: "succeeded" }).waitFor();
    await page.unroute(STREAMS);
    await page.getByText("Live").waitFor({ timeout: 30_000 });
  });

  it("since the key may not follow all, nothing is said to be wrong", async () => {
    const page = await signedIn("live", "/jobs");
    await page.getByText("Live").waitFor();
    await page.route(STREAMS, (route) =>
      route.fulfill({ status: 403, contentType: "application/problem+json", body: '{"code":"type_not_allowed"}' }),
    );
    await page.reload();
    await page.getByText("as of").waitFor();
    expect(await page.getByText("Live").count()).toBe(0);
    expect(await page.locator(".stale, .problem").count()).toBe(0);
  });
});

/** A tab whose timers of polls never go off: what it shows anew it was told. */
async function withoutPolls(path: string): Promise<Page> {
  const page = await open(path);
  await page.evaluate(() => {
    const { setTimeout } = globalThis;
    const timer = (call: () => void, ms = 0) => setTimeout(ms > 1_500 ? () => undefined : call, ms);
    Object.assign(globalThis, { setTimeout: timer });
  });
  return signIn(page, "live");
}

async function withoutStream(path: string): Promise<Page> {
  const page = await open(path);
  await page.route(STREAMS, refuse);
  return signIn(page, "live");
}

function refuse(route: Route): Promise<void> {
  return route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"code":"overloaded"}' });
}

/** How often a page asks for jobs within a time, in ms. */
async function readsOf(page: Page, withinMs: number): Promise<number> {
  let reads = 0;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/v1/jobs") reads++;
  });
  await page.waitForTimeout(withinMs);
  return reads;
}
