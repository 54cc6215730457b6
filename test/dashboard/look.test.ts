import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AlertView } from "../../src/client/client.ts";
import { DESKTOP, type Looks, PHONE, useBrowser } from "./support/browser.ts";
import { clientOf } from "./support/calls.ts";
import { overflow, violations } from "./support/page-faults.ts";
import { shoot } from "./support/shots.ts";
import { clearStage, type Stage, setStage } from "./support/stage.ts";

const LOOKS: Readonly<Record<string, Looks>> = {
  light: { colorScheme: "light", viewport: DESKTOP },
  dark: { colorScheme: "dark", viewport: DESKTOP },
  phone: { colorScheme: "light", viewport: PHONE },
};

const { open, signedIn, signIn } = useBrowser();
let stage: Stage;
let plan: string;

beforeAll(async () => {
  const client = clientOf("look");
  stage = await setStage(client);
  plan = (await client.replays.plan({ type: "crm.sync" })).id;
});

afterAll(() => clearStage(clientOf("look")));

const PAGES: readonly [string, () => string, string][] = [
  ["overview", () => "", "Failures"],
  ["jobs", () => "/jobs", "Jobs"],
  ["jobs-failed", () => "/jobs?state=failed&type=crm.sync", "Jobs"],
  ["job-pictures", () => `/jobs/${stage.pictured}`, "Result"],
  ["job-waiting", () => `/jobs/${stage.waiting}`, "Timeline"],
  ["job-retrying", () => `/jobs/${stage.retrying}`, "Timeline"],
  ["job-dead", () => `/jobs/${stage.dead}`, "Timeline"],
  ["jobs-of-group", () => `/jobs?group=${stage.group}`, "Jobs"],
  ["groups", () => "/groups", "Groups"],
  ["group", () => `/groups/${stage.group}`, "import 7"],
  ["dead-letters", () => "/dead-letters", "By type and error"],
  ["plan", () => `/replays/${plan}`, "Replay 18 failed jobs"],
  ["queues", () => "/queues", "Queues"],
  ["schedules", () => "/schedules", "Schedules"],
  ["endpoints", () => "/endpoints", "github"],
  ["alerts", () => "/alerts", "Alerts"],
  ["nowhere", () => "/nowhere", "Not found"],
];

describe.each(Object.entries(LOOKS))("in %s, the page", (look, looks) => {
  it.each(PAGES)("%s has no violation that axe finds, and fits its width", async (name, path, heading) => {
    const page = await signedIn("look", path(), looks);
    await settled(page, heading);
    await shoot(page, `${name}-${look}`);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });

  it("sign-in has none either", async () => {
    const page = await open("", looks);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await shoot(page, `sign-in-${look}`);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });

  it("help and confirmation have none either", async () => {
    const page = await signedIn("look", `/jobs/${stage.waiting}`, looks);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor();
    await shoot(page, `confirm-${look}`);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await shoot(page, `help-${look}`);
    expect(await violations(page)).toEqual([]);
  });
});

describe.each(Object.entries(LOOKS))("in %s, an alert", (look, looks) => {
  it("that fires, and the form that changes it, have no violation, and fit the width", async () => {
    const alerts = await clientOf("look").alerts.list();
    const page = await open("", looks);
    await page.route("**/v1/alerts", (route) =>
      route.fulfill({ json: { data: alerts.map((alert) => (alert.queue === null ? firing(alert) : alert)) } }),
    );
    await signIn(page, "look");
    await page.getByRole("link", { name: "Alerts" }).click();
    await page.getByRole("row", { name: /jobs-fail .*firing since 12 min ago .*25 % fires from 10 %/ }).waitFor();
    await shoot(page, `alerts-firing-${look}`);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.getByRole("button", { name: "Change jobs-fail" }).click();
    await page.getByRole("dialog").waitFor();
    await shoot(page, `alert-form-${look}`);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });
});

describe("a tenant without jobs", () => {
  it.each(["", "/jobs", "/groups", "/dead-letters", "/queues", "/schedules", "/endpoints", "/alerts"])(
    "is told what to do at %s",
    async (path) => {
      const page = await signedIn("empty", path);
      await page.locator(".empty").first().waitFor();
      await shoot(page, `empty${path.replace("/", "-")}`);
      expect(await violations(page)).toEqual([]);
    },
  );
});

function firing(alert: AlertView): AlertView {
  const since = new Date(Date.now() - 12.5 * 60_000).toISOString();
  return { ...alert, state: "firing", since, value: 0.25, jobId: stage.dead };
}

async function settled(page: Page, heading: string): Promise<void> {
  await page.getByRole("heading", { name: heading }).first().waitFor({ state: "attached" });
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
  // Files of a job come after it.
  await expect.poll(() => page.getByText(/^Loading /).count()).toBe(0);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
}
