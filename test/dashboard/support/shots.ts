import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

const FOLDER = fileURLToPath(new URL("../../../.dashboard-shots/", import.meta.url));

/** Keeps a picture of a page, for people to look at. */
export async function shoot(page: Page, name: string, { fullPage = true } = {}): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await page.screenshot({ path: `${FOLDER}${name}.png`, fullPage, animations: "disabled" });
}
