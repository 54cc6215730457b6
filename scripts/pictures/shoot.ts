import { stat } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { THIS_PROJECT } from "../this-project.ts";

const FOLDER = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const VIEWPORT = { width: 1280, height: 780 };
const MOST_BYTES = 150_000;

export interface Shown {
  readonly url: string;
  /** Of the tenant that is looked at. */
  readonly key: string;
  readonly pictured: string;
}

/** Takes a picture of each page that the documents show, light and dark. */
export async function takePictures(shown: Shown): Promise<void> {
  const browser = await launchChromium();
  try {
    for (const colorScheme of ["light", "dark"] as const) await takeIn(browser, colorScheme, shown);
  } finally {
    await browser.close();
  }
}

async function takeIn(browser: Browser, colorScheme: "light" | "dark", { url, key, pictured }: Shown): Promise<void> {
  const context = await browser.newContext({ viewport: VIEWPORT, colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}/dashboard`);
  await page.getByLabel("Key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Live").waitFor();
  await page.locator(".plot canvas").first().waitFor();
  await take(page, `dashboard-overview-${colorScheme}`);
  await page.goto(`${url}/dashboard/jobs/${pictured}`);
  await page.locator(".picture img").nth(2).waitFor();
  await take(page, `dashboard-job-${colorScheme}`);
  await context.close();
}

async function take(page: Page, name: string): Promise<void> {
  const path = `${FOLDER}${name}.png`;
  // Nothing is to look as if it were pointed at.
  await page.mouse.move(VIEWPORT.width - 1, VIEWPORT.height - 1);
  await page.screenshot({ path, animations: "disabled" });
  const { size } = await stat(path);
  console.log(`${relative(THIS_PROJECT.dir, path)}: ${Math.round(size / 1_000)} KB`);
  if (size > MOST_BYTES) throw new Error(`${name} has more than ${MOST_BYTES / 1_000} KB`);
}
