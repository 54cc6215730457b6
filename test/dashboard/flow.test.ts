import { describe, expect, inject, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { clientOf } from "./support/calls.ts";

const { open, signedIn } = useBrowser();

describe("signing in", () => {
  it("keeps the key in this tab, and never in an address", async () => {
    const page = await signedIn("flow", "/jobs?state=failed");
    const key = inject("dashboard").keys.flow;
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).toContain(key);
    expect(await page.evaluate(() => JSON.stringify(localStorage) + document.cookie)).not.toContain(key);
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(request.url()));
    await page.getByRole("link", { name: "Queues" }).click();
    await page.getByRole("heading", { name: "Queues" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Queues" }).waitFor();
    expect(addresses.length).toBeGreaterThan(3);
    expect(addresses.filter((address) => address.includes("slk_"))).toEqual([]);
  });

  it("says so when a key is not known, and forgets the key when asked to", async () => {
    const page = await open();
    await page.getByLabel("Key").fill("slk_nobody_has_this_key_at_all");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").filter({ hasText: "The API key is not known" }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    const known = await signedIn("flow");
    await known.getByRole("button", { name: "Sign out" }).click();
    await known.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await known.evaluate(() => sessionStorage.length)).toBe(0);
  });
});

describe("a job", () => {
  it("goes from queued to succeeded without a reload, and says why it waits", async () => {
    const client = clientOf("flow");
    await client.queues.pause("held");
    const job = await client.jobs.enqueue("mail.send", { to: "ada@example.com" }, { queue: "held" });
    const page = await signedIn("flow", `/jobs/${job.id}`);
    await page.locator("h1 + .state", { hasText: "queued" }).waitFor();
    await page.getByText("held is paused. It is next.").waitFor();
    await page.evaluate(() => (document.body.dataset["stays"] = "yes"));
    await client.queues.resume("held");
    await page.locator("h1 + .state", { hasText: "succeeded" }).waitFor();
    await page.getByRole("region", { name: "Result as JSON" }).filter({ hasText: "ada@example.com" }).waitFor();
    await page.getByRole("heading", { name: "Attempt 1 started" }).waitFor();
    expect(await page.evaluate(() => document.body.dataset["stays"])).toBe("yes");
  });

  it("is cancelled by a button that says what it does, and replayed as a new one", async () => {
    const client = clientOf("flow");
    const job = await client.jobs.enqueue("mail.send", { to: "grace@example.com" }, { delay: 3_600 });
    const page = await signedIn("flow", `/jobs/${job.id}`);
    await page.getByText("It is due in 59 min.").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Cancel 1 scheduled job" }).click();
    await page.locator("h1 + .state", { hasText: "cancelled" }).waitFor();
    expect((await client.jobs.get(job.id)).state).toBe("cancelled");
    await page.getByRole("button", { name: "Replay" }).click();
    await page.locator("h1 + .state", { hasText: "succeeded" }).waitFor();
    await page.getByText("Replay of").waitFor();
    expect(page.url()).not.toContain(job.id);
  });

  it("that is there no more is said to be so", async () => {
    const page = await signedIn("flow", "/jobs/01a1fd57-2409-7000-8b60-e501d2aaf9fb");
    await page.getByRole("alert").filter({ hasText: "job_not_found" }).waitFor();
  });
});

describe("the list of jobs", () => {
  it("has its filters in the address, which takes whoever follows it to the same list", async () => {
    const page = await signedIn("flow", "/jobs");
    await page.getByRole("button", { name: "cancelled" }).click();
    await page.getByLabel("Filter by type").fill("mail.send");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    expect(new URL(page.url()).search).toBe("?state=cancelled&type=mail.send");
    await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
    await page.goBack();
    expect(new URL(page.url()).search).toBe("?state=cancelled");
    const other = await signedIn("flow", "/jobs?state=failed");
    await other.getByText("No job matches").waitFor();
    expect(await other.getByRole("button", { name: "failed" }).getAttribute("aria-pressed")).toBe("true");
  });

  it("shows what a job carries as text, whatever it is", async () => {
    const to = "<img src=x onerror=\"document.title='run'\">";
    const job = await clientOf("flow").jobs.enqueue("mail.send", { to });
    const page = await signedIn("flow", `/jobs/${job.id}`);
    await page.getByRole("region", { name: "Payload as JSON" }).filter({ hasText: "onerror" }).waitFor();
    expect(await page.locator("pre img").count()).toBe(0);
    expect(await page.title()).toBe("Sluice");
  });
});

describe("the keyboard", () => {
  it("goes to pages, to the search, through rows and to the help", async () => {
    const page = await signedIn("flow");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("j");
    await page.getByRole("heading", { name: "Jobs", exact: true }).waitFor();
    await page.locator("[data-row]").first().waitFor();
    await page.keyboard.press("j");
    expect(await page.evaluate(() => document.activeElement?.hasAttribute("data-row"))).toBe(true);
    await page.keyboard.press("/");
    await page.keyboard.type("crm.sync");
    await page.keyboard.press("Enter");
    await page.getByText("No job matches").waitFor();
    expect(new URL(page.url()).search).toBe("?type=crm.sync");
    await page.locator("h1").click();
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await help.waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
  });
});
