import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import type { Tenant } from "./runtime.ts";

/** Debian's package `chromium`. */
export const CHROMIUM = "/usr/bin/chromium";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

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
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
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
    const page = await open(path, looks);
    await page.getByLabel("Key").fill(keys[tenant]);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("navigation", { name: "Pages", exact: true }).waitFor();
    return page;
  }

  return { visit, open, signedIn };
}
