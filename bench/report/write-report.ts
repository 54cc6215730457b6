import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchRun } from "./bench-run.ts";
import { plots } from "./plots.ts";
import { ASSETS, benchmarkReport } from "./report.ts";

/**
 * Writes the page, its plots and the raw results.
 * @returns the page's path
 */
export async function writeReport(run: BenchRun, directory: string): Promise<string> {
  const assets = join(directory, ASSETS);
  const page = join(directory, "benchmarks.md");
  // None of an earlier run stays.
  await rm(assets, { recursive: true, force: true });
  await mkdir(assets, { recursive: true });
  for (const { name, svg } of plots(run)) await writeFile(join(assets, `${name}.svg`), svg);
  await writeFile(join(assets, "results.json"), `${JSON.stringify(run, null, 1)}\n`);
  await writeFile(page, benchmarkReport(run));
  return page;
}
