import { COLOURS, element, label, picture, ticks } from "./svg.ts";
import { short } from "./tables.ts";

export interface Point {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Series {
  readonly name: string;
  /** One for each step; null where nothing was measured. */
  readonly points: readonly (Point | null)[];
}

const WIDTH = 760;
const HEIGHT = 320;
const LEFT = 70;
const RIGHT = 170;
const TOP = 44;
const BOTTOM = 52;
const LINE = 20;

/** A line for each series over steps at equal distances, with the least and the most of the rounds at each. */
export function lineChart(
  title: string,
  axes: { readonly steps: readonly string[]; readonly stepsAre: string; readonly unit: string },
  series: readonly Series[],
): string {
  const base = HEIGHT - BOTTOM;
  const most = Math.max(...series.flatMap(({ points }) => points.map((point) => point?.max ?? 0)));
  const marks = ticks(most);
  const y = (value: number) => base - (value / (marks.at(-1) ?? 1)) * (base - TOP);
  const x = (step: number) => LEFT + ((step + 0.5) / axes.steps.length) * (WIDTH - LEFT - RIGHT);
  const grid = marks.flatMap((mark) => [
    element("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(mark), y2: y(mark), stroke: "#dddddd" }),
    label(`${short(mark)} ${axes.unit}`, { x: LEFT - 8, y: y(mark) + 4, "text-anchor": "end", fill: "#555555" }),
  ]);
  const steps = axes.steps.map((step, n) => label(step, { x: x(n), y: base + 18, "text-anchor": "middle" }));
  const below = label(axes.stepsAre, {
    x: (LEFT + WIDTH - RIGHT) / 2,
    y: base + 38,
    "text-anchor": "middle",
    fill: "#555555",
  });
  const lines = series.flatMap((one, index) => line(one, index, x, y));
  return picture(WIDTH, HEIGHT, title, [...grid, ...steps, below, ...lines]);
}

function line(
  { name, points }: Series,
  index: number,
  x: (step: number) => number,
  y: (value: number) => number,
): string[] {
  const colour = COLOURS[index % COLOURS.length] ?? COLOURS[0];
  // Beside each other, so that the spreads of two series at one step can be told apart.
  const shift = (index - 1.5) * 5;
  const placed = points.flatMap((point, step) => (point === null ? [] : [{ ...point, x: x(step) + shift }]));
  const path = placed
    .map(({ x, median }, n) => `${n === 0 ? "M" : "L"}${x.toFixed(1)} ${y(median).toFixed(1)}`)
    .join(" ");
  const key = TOP + index * LINE;
  return [
    element("path", { d: path, fill: "none", stroke: colour, "stroke-width": 2 }),
    ...placed.flatMap(({ x, median, min, max }) => [
      element("line", { x1: x, x2: x, y1: y(min), y2: y(max), stroke: colour, "stroke-width": 1.5 }),
      element("circle", { cx: x, cy: y(median), r: 4, fill: colour }),
    ]),
    element("rect", { x: WIDTH - RIGHT + 16, y: key, width: 12, height: 12, fill: colour }),
    label(name, { x: WIDTH - RIGHT + 34, y: key + 10 }),
  ];
}
