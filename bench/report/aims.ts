import type { Results } from "../results.ts";
import { short } from "./tables.ts";

interface Aim {
  readonly what: string;
  readonly aim: string;
  /** Null when something that it needs was not measured. */
  readonly found: (results: Results) => number | null;
  readonly isMet: (found: number) => boolean;
  readonly unit?: string;
}

const atLeast = (least: number) => (found: number) => found >= least;
const atMost = (most: number) => (found: number) => found <= most;

const median = (measure: string, of: string, figure: string) => (results: Results) =>
  results.summary(measure, of, figure)?.median ?? null;

const AIMS: readonly Aim[] = [
  {
    what: "enqueue, 1 job a request, of the textbook build",
    aim: "≥ 2.5×",
    found: (results) => results.ratio("single", "sluice", "acknowledged", "textbook"),
    isMet: atLeast(2.5),
    unit: "×",
  },
  {
    what: "enqueue, 1 job a request, of the floor",
    aim: "≥ 0.45×",
    found: (results) => results.ratio("single", "sluice", "acknowledged", "floor"),
    isMet: atLeast(0.45),
    unit: "×",
  },
  {
    what: "finished, 100 jobs a request, of BullMQ + Redis",
    aim: "≥ 2×",
    found: (results) => results.ratio("batch", "sluice", "finished", "bullmq"),
    isMet: atLeast(2),
    unit: "×",
  },
  {
    what: "finished, 100 jobs a request, of BullMQ + Redis, at concurrency 1,000",
    aim: "≥ 2×",
    found: (results) => results.ratio("batch", "sluice-1000", "finished", "bullmq"),
    isMet: atLeast(2),
    unit: "×",
  },
  {
    what: "finished, 100 jobs a request, at concurrency 1,000",
    aim: "≥ 20,000 jobs/s",
    found: median("batch", "sluice-1000", "finished"),
    isMet: atLeast(20_000),
    unit: " jobs/s",
  },
  {
    what: "finished, 100 jobs a request, at the default concurrency of 100",
    aim: "≥ 20,000 jobs/s",
    found: median("batch", "sluice", "finished"),
    isMet: atLeast(20_000),
    unit: " jobs/s",
  },
  {
    what: "end to end at low load, p50",
    aim: "≤ 30 ms",
    found: median("low", "sluice", "endToEndP50"),
    isMet: atMost(30),
    unit: " ms",
  },
  {
    what: "request p99 at half of saturation, of the floor's at half of its own",
    aim: "≤ 5×",
    found: (results) => results.ratio("half", "sluice", "p99", "floor"),
    isMet: atMost(5),
    unit: "×",
  },
  {
    what: "enqueue p50 with a backlog of 1M, of that with none",
    aim: "≤ 1.2×",
    found: (results) => results.ratio("backlog", "1000000", "p50", "0"),
    isMet: atMost(1.2),
    unit: "×",
  },
  {
    what: "first answer of a gate that starts with a backlog of 1M",
    aim: "≤ 1,000 ms",
    found: median("restart", "1000000", "firstAnswer"),
    isMet: atMost(1_000),
    unit: " ms",
  },
];

/** Each aim with what was found, as rows of a table with its header. */
export function aimRows(results: Results): string[][] {
  const rows = AIMS.map(({ what, aim, found, isMet, unit = "" }) => {
    const value = found(results);
    if (value === null) return [what, aim, "not measured", ""];
    return [what, aim, `${short(value)}${unit}`, isMet(value) ? "met" : "**missed**"];
  });
  return [["", "aim", "found", ""], ...rows];
}
