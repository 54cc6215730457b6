import { describe, expect, it } from "vitest";
import { DESKTOP, type Looks, PHONE, useBrowser } from "./support/browser.ts";
import { overflow, violations } from "./support/page-faults.ts";
import { shoot } from "./support/shots.ts";

const LOOKS: Readonly<Record<string, Looks>> = {
  light: { colorScheme: "light", viewport: DESKTOP },
  dark: { colorScheme: "dark", viewport: DESKTOP },
  phone: { colorScheme: "light", viewport: PHONE },
};

const { visit } = useBrowser();

describe.each(Object.entries(LOOKS))("in %s, the reference", (look, looks) => {
  it.each([
    // All sections of the longest page are alike.
    ["/docs", "section:first-of-type"],
    ["/problems", "html"],
    ["/problems/rate_limited", "html"],
  ])("at %s has no violation that axe finds, and fits its width", async (path, part) => {
    const page = await visit(path, looks);
    await shoot(page, `${path.slice(1).replace("/", "-")}-${look}`, { fullPage: path !== "/docs" });
    expect(await violations(page, part)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });
});

describe("the reference", () => {
  it("asks nobody but the Worker for anything", async () => {
    const page = await visit("/docs");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.reload();
    expect(asked.toSorted()).toEqual(["/docs", "/docs/style.css"]);
  });

  it("leads from an operation to a problem of its, and to the schema of its body", async () => {
    const page = await visit("/docs#enqueueJob");
    await page.locator("article", { hasText: "Enqueue a job" }).getByRole("link", { name: "JobRequest" }).click();
    expect(new URL(page.url()).hash).toBe("#schema-JobRequest");
    await page.getByRole("link", { name: "rate_limited" }).first().click();
    await page.getByRole("heading", { name: "Rate limited" }).waitFor();
  });
});
