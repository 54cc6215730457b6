import { COLOURS, element, label, picture, ticks } from "./svg.ts";
import { short } from "./tables.ts";

export interface Bar {
  readonly name: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Drawn in another colour. */
  readonly isOurs?: boolean;
}

const WIDTH = 760;
const LEFT = 230;
const RIGHT = 90;
const TOP = 44;
const ROW = 30;
const THICK = 18;
const BOTTOM = 34;

/** A bar for each median, with a line from the least to the most of its rounds. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ max }) => max));
  const marks = ticks(most);
  const scale = (value: number) => LEFT + (value / (marks.at(-1) ?? 1)) * (WIDTH - LEFT - RIGHT);
  const base = TOP + bars.length * ROW;
  const grid = marks.flatMap((mark) => [
    element("line", { x1: scale(mark), x2: scale(mark), y1: TOP, y2: base, stroke: "#dddddd" }),
    label(short(mark), { x: scale(mark), y: base + 16, "text-anchor": "middle", fill: "#555555" }),
  ]);
  const rows = bars.flatMap((bar, index) => row(bar, TOP + index * ROW, scale));
  return picture(WIDTH, base + BOTTOM, `${title} (${unit})`, [...grid, ...rows]);
}

function row({ name, median, min, max, isOurs = false }: Bar, y: number, scale: (value: number) => number): string[] {
  const middle = y + ROW / 2;
  const fill = isOurs ? COLOURS[1] : COLOURS[0];
  return [
    label(name, { x: LEFT - 8, y: middle + 4, "text-anchor": "end" }),
    element("rect", { x: LEFT, y: middle - THICK / 2, width: scale(median) - LEFT, height: THICK, fill }),
    element("line", { x1: scale(min), x2: scale(max), y1: middle, y2: middle, stroke: "#222222", "stroke-width": 1.5 }),
    label(short(median), { x: scale(max) + 6, y: middle + 4 }),
  ];
}
