import Table from "cli-table3";
import pc from "picocolors";
import type { JobView } from "../../src/client/client.ts";

/** A job, and what is worth telling about how it ended. */
export interface TableRow {
  readonly job: JobView;
  readonly result: string;
}

const NO_LINES = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"].flatMap((side) =>
    ["", "-mid", "-left", "-right"].map((place) => [`${side}${place}`, ""]),
  ),
);

/** Jobs, one to a line. */
export function jobTable(rows: readonly TableRow[]): string {
  const table = new Table({
    head: ["JOB", "TYPE", "STATE", "TRIES", "WAIT", "RUN", "RESULT"].map((name) => pc.dim(name)),
    chars: { ...NO_LINES, middle: " " },
    style: { head: [], border: [], "padding-left": 1, "padding-right": 0 },
    colAligns: ["left", "left", "left", "right", "right", "right", "left"],
  });
  for (const { job, result } of rows) {
    table.push([
      `…${job.id.slice(-4)}`,
      job.type,
      job.state === "succeeded" ? pc.green(job.state) : pc.red(job.state),
      job.attempt,
      between(job.createdAt, job.startedAt),
      between(job.startedAt, job.finishedAt),
      result,
    ]);
  }
  return table.toString().replace(/ +$/gm, "");
}

function between(from: string | null, to: string | null): string {
  return from === null || to === null ? "–" : duration(Date.parse(to) - Date.parse(from));
}

/** `count` of many, evenly spread from the first to the last. */
export function spread<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, (items.length - 1) / (count - 1));
  const picked = new Set(Array.from({ length: count }, (_, index) => Math.round(index * step)));
  return items.filter((_, index) => picked.has(index));
}

/** Milliseconds for people. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
