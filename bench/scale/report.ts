import { markdownTable } from "../markdown-table.ts";
import { jobSize } from "./job-size.ts";
import { findKnee, type Knee } from "./knee.ts";
import { type Axis, linePlot } from "./line-plot.ts";
import { atLoad, BASE_LOAD, type Parameters } from "./parameters.ts";
import { BATCHES, D1_TIMES, DESIGNS, NOT_BUILT, ONE_AT_A_TIME, type Scenario, SETTINGS } from "./scenarios.ts";
import { simulate } from "./simulate.ts";
import { SOURCES } from "./sources.ts";
import { kneeTable, loadTable, sizeTable } from "./tables.ts";

/** The generated parts of docs/scale.md, by name. */
export function scaleTables(): Record<string, string> {
  const sluice = DESIGNS.slice(0, 1);
  return {
    size: sizes(),
    parameters: markdownTable(SOURCES, 4),
    loads: loads([1, 10, 100], DESIGNS),
    settings: loads([10, 100], SETTINGS),
    knees: knees([...DESIGNS, ...BATCHES]),
    "settings-knees": knees([...sluice, ...SETTINGS]),
    "one-at-a-time": knees(ONE_AT_A_TIME),
    "d1-times": knees(D1_TIMES),
    "not-built": knees([...sluice, ...NOT_BUILT]),
  };
}

/** Scenarios at multiples of the base load. */
export function loads(multiples: readonly number[], scenarios: readonly Scenario[]): string {
  return loadTable(
    multiples.flatMap((multiple) =>
      scenarios.map(({ name, parameters }) => ({
        load: `${multiple}×`,
        name,
        observed: simulate(atLoad(parameters, multiple * BASE_LOAD)),
      })),
    ),
  );
}

const found = new Map<Parameters, Knee>();

function knees(scenarios: readonly Scenario[]): string {
  return kneeTable(
    scenarios.map(({ name, parameters }) => {
      const knee = found.get(parameters) ?? findKnee(parameters);
      found.set(parameters, knee);
      return { name, knee };
    }),
  );
}

function sizes(): string {
  return sizeTable([100, 300, 600, 1_000, 4_000, 32_000].map((payload) => ({ payload, job: jobSize(payload) })));
}

const COLORS = ["#1a7f37", "#0969da", "#bc4c00", "#8250df"];
const LOADS = [10, 20, 40, 60, 80, 100, 120, 150, 200, 300, 400, 500, 600, 800, 1_000, 1_200, 1_400, 1_600, 2_000];
const LONGEST_MS = 30_000;

const x: Axis = {
  title: "requests per second",
  ticks: [10, 20, 50, 100, 200, 500, 1_000, 2_000].map((at) => ({ at, label: at.toLocaleString("en-US") })),
};
const y: Axis = {
  title: "99 of 100 wait less",
  ticks: [
    { at: 10, label: "10 ms" },
    { at: 100, label: "100 ms" },
    { at: 1_000, label: "1 s" },
    { at: 10_000, label: "10 s" },
    { at: LONGEST_MS, label: "30 s" },
  ],
};

/** docs/scale.svg: how long jobs wait as the load grows, for each design. */
export function scalePlot(): string {
  const seen = DESIGNS.map(({ name, parameters }, index) => {
    const points: { load: number; enqueue: number; endToEnd: number }[] = [];
    for (const load of LOADS) {
      const { enqueue, endToEnd } = simulate(atLoad(parameters, load));
      points.push({ load, enqueue: enqueue.p99, endToEnd: endToEnd.p99 });
      if (Math.min(enqueue.p99, endToEnd.p99) > LONGEST_MS) break;
    }
    return { name, color: COLORS[index] ?? "#333", points };
  });
  const panel = (title: string, value: "enqueue" | "endToEnd") => ({
    title,
    lines: seen.map(({ name, color, points }) => ({
      name,
      color,
      points: points.map((point) => [point.load, point[value]] as const),
    })),
  });
  return linePlot([panel("From request to answer", "enqueue"), panel("From request to end", "endToEnd")], x, y);
}
