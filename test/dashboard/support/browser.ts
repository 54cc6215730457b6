import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import { launchChromium } from "../../../scripts/chromium.ts";
import type { Tenant } from "./runtime.ts";

export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

export interface Looks {
  readonly colorScheme?: "light" | "dark";
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** A browser for the tests of a file. What a page logs as an error, or its policy refuses, fails the test. */
export function useBrowser() {
  const { url, keys } = inject("dashboard");
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(errors.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
  });

  /** A tab at a page of the Worker's. */
  async function visit(path: string, looks: Looks = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: DESKTOP, ...looks });
    contexts.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      // Answers that are no success are logged too; those are the page's business.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        errors.push(message.text());
    });
    await page.goto(`${url}${path}`);
    return page;
  }

  /** A tab at the dashboard, where nobody has signed in. */
  function open(path = "", looks: Looks = {}): Promise<Page> {
    return visit(`/dashboard${path}`, looks);
  }

  /** A tab in which a tenant's key has signed in. */
  async function signedIn(tenant: Tenant, path = "", looks: Looks = {}): Promise<Page> {
    return signIn(await open(path, looks), tenant);
  }

  async function signIn(page: Page, tenant: Tenant): Promise<Page> {
    await page.getByLabel("Key").fill(keys[tenant]);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("navigation", { name: "Pages", exact: true }).waitFor();
    return page;
  }

  return { visit, open, signedIn, signIn };
}
