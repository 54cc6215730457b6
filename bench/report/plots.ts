import { Results } from "../results.ts";
import { barChart } from "./bar-chart.ts";
import type { BenchRun } from "./bench-run.ts";
import { lineChart, type Series } from "./line-chart.ts";

export interface Plot {
  /** The name of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

interface Bars {
  readonly name: string;
  readonly measure: string;
  readonly figure: string;
  readonly title: string;
  readonly unit: string;
}

const BARS: readonly Bars[] = [
  {
    name: "enqueue",
    measure: "single",
    figure: "acknowledged",
    title: "Requests acknowledged, 1 job each",
    unit: "requests/s",
  },
  { name: "finished-1", measure: "single", figure: "finished", title: "Jobs finished, 1 to a request", unit: "jobs/s" },
  {
    name: "finished-100",
    measure: "batch",
    figure: "finished",
    title: "Jobs finished, 100 to a request",
    unit: "jobs/s",
  },
  { name: "low-load", measure: "low", figure: "endToEndP50", title: "End to end at low load, p50", unit: "ms" },
  {
    name: "half-load",
    measure: "half",
    figure: "endToEndP99",
    title: "End to end at half of saturation, p99",
    unit: "ms",
  },
  { name: "status", measure: "status", figure: "requests", title: "Requests for a job's status", unit: "requests/s" },
];

const LINES = [
  { name: "backlog", title: "Sluice's latency by its backlog", stepsAre: "jobs that wait" },
  { name: "tenants", title: "Sluice's latency by its tenants", stepsAre: "tenants" },
  { name: "payload", title: "Sluice's latency by the payload", stepsAre: "bytes of a payload" },
] as const;

const SERIES = [
  { name: "request p50", figure: "p50" },
  { name: "request p99", figure: "p99" },
  { name: "end to end p50", figure: "endToEndP50" },
  { name: "end to end p99", figure: "endToEndP99" },
];

/** A picture of each measure that has figures. */
export function plots(run: Pick<BenchRun, "contenders" | "rounds">): Plot[] {
  return [...BARS.flatMap((bars) => barPlot(bars, run)), ...LINES.flatMap((lines) => linePlot(lines, run))];
}

function barPlot(
  { name, measure, figure, title, unit }: Bars,
  { contenders, rounds }: Pick<BenchRun, "contenders" | "rounds">,
): Plot[] {
  const results = new Results(rounds);
  const bars = contenders.flatMap((contender) => {
    const summary = results.summary(measure, contender.id, figure);
    return summary === null ? [] : [{ name: contender.name, ...summary, isOurs: contender.id.startsWith("sluice") }];
  });
  return bars.length === 0 ? [] : [{ name, title, svg: barChart(title, unit, bars) }];
}

function linePlot({ name, title, stepsAre }: (typeof LINES)[number], { rounds }: Pick<BenchRun, "rounds">): Plot[] {
  const results = new Results(rounds);
  const sizes = [...new Set(rounds.filter(({ measure }) => measure === name).map(({ of }) => of))];
  sizes.sort((a, b) => Number(a) - Number(b));
  const series: Series[] = SERIES.map((one) => ({
    name: one.name,
    points: sizes.map((size) => results.summary(name, size, one.figure)),
  }));
  if (!series.some(({ points }) => points.some((point) => point !== null))) return [];
  const steps = sizes.map((size) => Number(size).toLocaleString("en-US"));
  return [{ name, title, svg: lineChart(title, { steps, stepsAre, unit: "ms" }, series) }];
}
