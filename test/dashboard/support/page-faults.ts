import axe from "axe-core";
import type { Page } from "playwright-core";

interface Found {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** What axe finds on a page, or within some of it, that keeps somebody from using it. */
export async function violations(page: Page, within = "html"): Promise<string[]> {
  // Into the page as a debugger does: its policy lets no foreign script in.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (part) => (globalThis as unknown as { axe: { run: (part: string) => Promise<Found> } }).axe.run(part),
    within,
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));
}
