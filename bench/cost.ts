import { writeFile } from "node:fs/promises";
import { startVitest } from "vitest/node";
import { costReport } from "./cost-report.ts";
import type { Measured, RowLess } from "./prices.ts";

const REPORT = new URL("../docs/cost.md", import.meta.url);

/** So many that what the gate does by the clock is a small part of each. */
process.env["SLUICE_COST_JOBS"] = "50";

// The test counts and asserts; what it counted comes with its results.
const vitest = await startVitest(["test/cost/per-job.test.ts", "test/cost/three-rows.test.ts"], {
  project: ["workers"],
  watch: false,
});
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
await vitest.close();
const measured = tests.flatMap((test) => (test.meta() as { measured?: Measured }).measured ?? []);
const [rowLess] = tests.flatMap((test) => (test.meta() as { rowLess?: RowLess }).rowLess ?? []);
if (measured.length === 0 || rowLess === undefined || tests.some((test) => !test.ok())) {
  console.error("The count failed: docs/cost.md is as it was.");
  process.exitCode = 1;
} else {
  await writeFile(REPORT, costReport(measured, rowLess));
  console.log("docs/cost.md is written.");
}
