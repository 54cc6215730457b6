import { beforeAll, describe, expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { clientOf } from "./support/calls.ts";

const { signedIn } = useBrowser();

describe("dead letters", () => {
  const client = clientOf("dead");

  beforeAll(async () => {
    const jobs = [503, 503, 503, 404].map((status) => ({ type: "crm.sync", payload: { account: "acme", status } }));
    for (const { id } of await client.jobs.enqueueMany(jobs)) await client.jobs.wait(id);
  });

  it("are grouped on the first screen, one click from a plan, which is replayed once it is confirmed", async () => {
    const page = await signedIn("dead");
    const group = page.getByRole("row", { name: /crm\.sync Error: CRM answered 503/ });
    await group.getByRole("button", { name: "Plan a replay" }).click();
    await page.getByRole("heading", { name: "Replay 3 failed jobs" }).waitFor();
    expect(await jobsIn("failed")).toBe(4);
    await page.getByRole("button", { name: "Replay 3 failed jobs…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay 3 failed jobs", exact: true }).click();
    await page.getByText("3 done, 0 failed, 0 skipped").waitFor();
    await expect.poll(() => jobsIn("failed"), { timeout: 20_000 }).toBe(7);
  });

  it("are planned by a filter", async () => {
    const page = await signedIn("dead", "/dead-letters");
    await page.getByLabel("Type", { exact: true }).fill("crm.sync");
    await page.getByLabel("Part of the error").fill("answered 404");
    await page.getByRole("form", { name: "Plan a replay" }).getByRole("button").click();
    await page.getByRole("heading", { name: "Replay 1 failed job" }).waitFor();
    await page.getByRole("heading", { name: "The first of them, as they were" }).waitFor();
  });

  async function jobsIn(state: "failed"): Promise<number> {
    let count = 0;
    for await (const job of client.jobs.list({ state })) count += job.state === state ? 1 : 0;
    return count;
  }
});

describe("a queue", () => {
  const client = clientOf("queues");

  it("is limited, paused and resumed, and the limit that binds is told", async () => {
    const page = await signedIn("queues", "/queues");
    await page.getByRole("button", { name: "Limit a queue" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Queue, or a pattern").fill("mail");
    await dialog.getByLabel("Jobs at a time").fill("3");
    await dialog.getByLabel("Starts").fill("50");
    await dialog.getByLabel("in each").selectOption("minute");
    await dialog.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("row", { name: /mail/ });
    await row.getByText("3 at a time, 50 per minute").waitFor();
    await row.getByRole("button", { name: "Pause mail" }).click();
    await page.getByRole("button", { name: "Pause mail, with 0 waiting jobs" }).click();
    await row.getByText("paused").first().waitFor();
    expect(await client.queues.get("mail")).toMatchObject({
      concurrency: 3,
      rate: { limit: 50, period: 60 },
      paused: true,
    });
    const held = await client.jobs.enqueue("noop", {}, { queue: "mail" });
    await page.getByRole("link", { name: "Overview", exact: true }).click();
    await page.getByRole("heading", { name: /^Oldest waits \d+ s: mail is paused\.$/ }).waitFor();
    await page.getByRole("link", { name: "Queues" }).click();
    await row.getByRole("button", { name: "Resume mail" }).click();
    await row.getByRole("button", { name: "Pause mail" }).waitFor();
    expect((await client.jobs.wait(held.id)).state).toBe("succeeded");
  });

  it("has all its jobs cancelled by a plan that names how many they are", async () => {
    await client.queues.pause("doomed");
    await client.jobs.enqueueMany(Array.from({ length: 5 }, () => ({ type: "noop", payload: {}, queue: "doomed" })));
    const page = await signedIn("queues", "/jobs?state=queued&queue=doomed");
    await page.getByRole("button", { name: "Cancel unfinished…" }).click();
    await page.getByRole("button", { name: "Cancel 5 queued jobs…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel 5 queued jobs", exact: true }).click();
    await page.getByText("5 done, 0 failed, 0 skipped").waitFor();
  });
});

describe("an alert", () => {
  const client = clientOf("queues");

  it("is made, changed, kept when the API refuses, and deleted", async () => {
    const page = await signedIn("queues", "/alerts");
    await page.getByRole("button", { name: "New alert" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("late");
    await dialog.getByLabel("Fires from an age of").fill("90s");
    await dialog.getByLabel("Queue").fill("mail");
    await dialog.getByLabel("Who is told").fill("https://example.com/hook");
    await dialog.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("row", { name: /^late/ });
    await row.getByText("fires from 1 min 30 s").waitFor();
    await row.getByText("not changed yet").waitFor();
    expect(await client.alerts.get("late")).toMatchObject({ measure: "oldest_due_age", threshold: 90, queue: "mail" });

    await row.getByRole("button", { name: "Change late" }).click();
    expect(await dialog.getByLabel("Fires from an age of").inputValue()).toBe("90s");
    await dialog.getByLabel("Looks at").selectOption("Share of jobs that fail");
    await dialog.getByLabel("Fires from (%)").fill("12.5");
    await dialog.getByLabel("Within (minutes)").fill("15");
    await dialog.getByLabel("Queue").fill("");
    await dialog.getByLabel("Who is told").fill("http://10.0.0.1/hook");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").filter({ hasText: "(invalid_request)" }).waitFor();
    expect(await client.alerts.get("late")).toMatchObject({ threshold: 90 });
    await dialog.getByLabel("Who is told").fill("https://example.com/hook");
    await dialog.getByRole("button", { name: "Save" }).click();
    await row.getByText("10 or more in 15 min, all queues").waitFor();
    expect(await client.alerts.get("late")).toMatchObject({
      threshold: 0.125,
      window: 900,
      minEvents: 10,
      queue: null,
    });

    await row.getByRole("button", { name: "Delete late" }).click();
    await page.getByRole("button", { name: "Delete 1 alert" }).click();
    await page.getByText("No alerts").waitFor();
    expect(await client.alerts.list()).toEqual([]);
  });
});

describe("a group", () => {
  it("is found by its state, shows how far it is and its jobs, and is stopped", async () => {
    const client = clientOf("queues");
    const noop = { type: "noop", payload: {} };
    const later = { ...noop, delay: "1d" } as const;
    const [done] = await client.jobs.enqueueMany([noop], { group: { name: "first import" } });
    await client.jobs.wait(done?.id ?? "");
    const group = { name: "second import", onComplete: noop };
    const [first] = await client.jobs.enqueueMany([noop, noop, later, later], { group });
    const page = await signedIn("queues", "/groups");
    const row = page.getByRole("row", { name: /second import open .*2 of 4 noop/ });
    await row.waitFor();
    await page.getByRole("row", { name: /first import complete .*1 of 1 nothing/ }).waitFor();
    await page.getByRole("button", { name: "complete" }).click();
    await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "complete" }).click();
    await row.getByRole("link").click();
    await page.getByRole("heading", { name: "second import" }).waitFor();
    await page.getByRole("progressbar", { name: "Progress of second import" }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Cancel 2 unfinished jobs" }).click();
    await page.getByText("4 of 4, 2 cancelled").waitFor();
    await page.locator("h1 + .state", { hasText: "complete" }).waitFor();
    await page.getByRole("link", { name: "2 cancelled" }).click();
    await page.getByText(`of group …${first?.groupId?.slice(-8)}`).waitFor();
    await page
      .getByRole("row", { name: /noop cancelled/ })
      .nth(1)
      .waitFor();
    expect(await page.locator("tbody tr").count()).toBe(2);
    await page.locator("tbody a").first().click();
    await page.getByText("its group was stopped").waitFor();
    await page.getByRole("link", { name: `…${first?.groupId?.slice(-8)}` }).click();
    await page.getByRole("heading", { name: "second import" }).waitFor();
  });
});

describe("a schedule", () => {
  it("is paused, resumed, run now and deleted", async () => {
    const client = clientOf("queues");
    await client.schedules.set("nightly", { cron: "0 3 * * *", timezone: "Europe/Berlin", type: "noop", payload: {} });
    const page = await signedIn("queues", "/schedules");
    await page.getByRole("button", { name: "Pause nightly" }).click();
    await page.getByRole("button", { name: "Resume nightly" }).click();
    await page.getByRole("button", { name: "Run now: nightly" }).click();
    await page.locator("h1 + .state", { hasText: "succeeded" }).waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Delete nightly" }).click();
    await page.getByRole("button", { name: "Delete 1 schedule" }).click();
    await page.getByText("No schedules").waitFor();
  });
});
