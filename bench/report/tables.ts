import { markdownTable } from "../markdown-table.ts";
import { Results, type Summary } from "../results.ts";
import type { BenchRun } from "./bench-run.ts";

type Column =
  | { readonly name: string; readonly figure: string; readonly unit?: "ms" }
  /** The figure's median by that of another contender. */
  | { readonly name: string; readonly figure: string; readonly by: string };

const LATENCIES: readonly Column[] = [
  { name: "request p50", figure: "p50", unit: "ms" },
  { name: "request p99", figure: "p99", unit: "ms" },
];
const END_TO_END: readonly Column[] = [
  { name: "end to end p50", figure: "endToEndP50", unit: "ms" },
  { name: "end to end p99", figure: "endToEndP99", unit: "ms" },
];

/** The columns of each measure of contenders. */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  single: [
    { name: "acknowledged/s", figure: "acknowledged" },
    { name: "of floor", figure: "acknowledged", by: "floor" },
    { name: "of textbook", figure: "acknowledged", by: "textbook" },
    ...LATENCIES,
    { name: "finished/s", figure: "finished" },
    { name: "of textbook", figure: "finished", by: "textbook" },
  ],
  batch: [
    { name: "acknowledged jobs/s", figure: "acknowledged" },
    { name: "finished jobs/s", figure: "finished" },
    { name: "of textbook", figure: "finished", by: "textbook" },
    { name: "of BullMQ", figure: "finished", by: "bullmq" },
  ],
  low: [...LATENCIES, ...END_TO_END],
  half: [
    { name: "requests/s", figure: "rate" },
    ...LATENCIES,
    { name: "p99 of floor's", figure: "p99", by: "floor" },
    ...END_TO_END,
  ],
  status: [
    { name: "requests/s", figure: "requests" },
    { name: "of floor", figure: "requests", by: "floor" },
    { name: "of textbook", figure: "requests", by: "textbook" },
    ...LATENCIES,
  ],
};

/** What of the growth is shown. */
const GROWTH_COLUMNS: readonly Column[] = [...LATENCIES, ...END_TO_END];
export const RESTART_COLUMNS: readonly Column[] = [{ name: "first answer", figure: "firstAnswer", unit: "ms" }];

/** A measure's table, a row for each contender that has figures; empty when none has. */
export function contenderTable(
  { contenders, rounds }: Pick<BenchRun, "contenders" | "rounds">,
  measure: string,
): string {
  const named = contenders.map(({ id, name }) => ({ of: id, name }));
  return table(new Results(rounds), measure, "", named, COLUMNS[measure] ?? []);
}

/** A table of what grows, a row for each size. */
export function growthTable(
  { rounds }: Pick<BenchRun, "rounds">,
  measure: string,
  { head, columns = GROWTH_COLUMNS }: { readonly head: string; readonly columns?: readonly Column[] },
): string {
  const sizes = [...new Set(rounds.filter((round) => round.measure === measure).map(({ of }) => Number(of)))];
  const named = sizes.toSorted((a, b) => a - b).map((size) => ({ of: String(size), name: count(size) }));
  return table(new Results(rounds), measure, head, named, columns);
}

/** How many requests failed, where any did; empty when none did. */
export function failureTable({ rounds }: Pick<BenchRun, "rounds">): string {
  const failures = new Map<string, number>();
  for (const { measure, of, round, figures } of rounds) {
    const failed = figures["failed"] ?? 0;
    const where = `${of}: ${measure}`;
    if (round > 0 && failed > 0) failures.set(where, (failures.get(where) ?? 0) + failed);
  }
  const rows = [...failures].map(([where, failed]) => [where, count(failed)]);
  return rows.length === 0 ? "" : markdownTable([["", "requests"], ...rows]);
}

/** What is printed at the end of a run. */
export function summaryTable(run: Pick<BenchRun, "contenders" | "rounds">): string {
  return Object.keys(COLUMNS)
    .map((measure) => ({ measure, text: contenderTable(run, measure) }))
    .filter(({ text }) => text !== "")
    .map(({ measure, text }) => `${measure}\n${text}`)
    .join("\n\n");
}

function table(
  results: Results,
  measure: string,
  head: string,
  named: readonly { readonly of: string; readonly name: string }[],
  columns: readonly Column[],
): string {
  const rows = named
    .filter(({ of }) => columns.some(({ figure }) => results.summary(measure, of, figure) !== null))
    .map(({ of, name }) => [name, ...columns.map((column) => cell(results, measure, of, column))]);
  return rows.length === 0 ? "" : markdownTable([[head, ...columns.map(header)], ...rows]);
}

function header(column: Column): string {
  return "unit" in column ? `${column.name}, ${column.unit}` : column.name;
}

function cell(results: Results, measure: string, of: string, column: Column): string {
  if ("by" in column) {
    const ratio = results.ratio(measure, of, column.figure, column.by);
    return ratio === null ? "–" : `${short(ratio)}×`;
  }
  return spread(results.summary(measure, of, column.figure));
}

/** A median with the least and the most of its rounds. */
function spread(summary: Summary | null): string {
  if (summary === null) return "–";
  const { median, min, max } = summary;
  return `${short(median)} (${short(min)}–${short(max)})`;
}

/** Three digits, or whole thousands with a comma. */
export function short(value: number): string {
  return value >= 100 ? count(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
