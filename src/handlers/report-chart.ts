import { compactText, escapeHtml, numberText, shortHtml } from "./html-text.ts";
import { type Scale, scaleOf } from "./report-scale.ts";

/** What is drawn of one group; null where it has no value. */
export interface Point {
  readonly label: string;
  readonly value: number | null;
}

export interface Chart {
  readonly type: "bar" | "line";
  /** What the values are. */
  readonly name: string;
  /** What the labels are. */
  readonly by: string;
  readonly points: readonly Point[];
}

/** More of them could not be told apart. */
const MOST_POINTS = { bar: 40, line: 1_000 } as const;
const LABEL_LENGTH = 26;
const WIDTH = 720;
const BAR = { mostLeft: 190, character: 7, right: 80, top: 4, row: 24, height: 16 } as const;
const LINE = { left: 64, right: 16, top: 12, bottom: 28, height: 300, labels: 6 } as const;

/** A chart as SVG that takes its colours from the page, and says in words what it shows. */
export function chartSvg({ type, name, by, points }: Chart): string {
  const shown = points.slice(0, MOST_POINTS[type]);
  const scale = scaleOf(
    shown.flatMap(({ value }) => value ?? []),
    type === "bar",
  );
  const { height, body } = type === "bar" ? bars(shown, scale) : line(shown, scale);
  const more = points.length > shown.length ? `, the first ${shown.length} of ${numberText(points.length)}` : "";
  const title = `${escapeHtml(name)} by ${escapeHtml(by)}${more}`;
  return [
    `<figure><figcaption>${title}</figcaption>`,
    `<div class="scroll"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="chart-title chart-desc">`,
    `<title id="chart-title">${title}</title><desc id="chart-desc">${described(type, shown)}</desc>`,
    `${body}</svg></div></figure>`,
  ].join("\n");
}

function described(type: Chart["type"], points: readonly Point[]): string {
  const known = points.flatMap(({ label, value }) => (value === null ? [] : [{ label, value }]));
  const [first, ...rest] = known;
  if (first === undefined) return "No group has a value.";
  const least = rest.reduce((a, b) => (b.value < a.value ? b : a), first);
  const greatest = rest.reduce((a, b) => (b.value > a.value ? b : a), first);
  const said = ({ label, value }: typeof first) => `${numberText(value)} (${shortHtml(label, 80)})`;
  const what = type === "bar" ? `${known.length} bars` : `A line through ${known.length} points`;
  return `${what}, from ${said(least)} to ${said(greatest)}. The table below has all figures.`;
}

interface Drawing {
  readonly height: number;
  readonly body: string;
}

function bars(points: readonly Point[], { at, ticks }: Scale): Drawing {
  const height = BAR.top + points.length * BAR.row + 22;
  const longest = points.reduce((most, { label }) => Math.max(most, Math.min(label.length, LABEL_LENGTH)), 0);
  const left = Math.min(BAR.mostLeft, 24 + longest * BAR.character);
  const x = (value: number) => round(left + at(value) * (WIDTH - left - BAR.right));
  const bottom = height - 20;
  const grid = ticks.map(
    (tick) =>
      `<line class="${tick === 0 ? "axis" : "grid"}" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="${bottom}"/>` +
      `<text class="tick" x="${x(tick)}" y="${height - 6}" text-anchor="middle">${compactText(tick)}</text>`,
  );
  const rows = points.map(({ label, value }, index) => {
    const y = BAR.top + index * BAR.row;
    const name = `<text x="${left - 10}" y="${y + 12}" text-anchor="end">${shortHtml(label, LABEL_LENGTH)}</text>`;
    if (value === null) return `${name}<text class="value" x="${x(0) + 6}" y="${y + 12}">–</text>`;
    const [from, to] = [x(Math.min(value, 0)), x(Math.max(value, 0))];
    const bar = `<rect x="${from}" y="${y}" width="${round(Math.max(to - from, 1))}" height="${BAR.height}" rx="2"/>`;
    return `<g>${fullTitle(label, value)}${name}${bar}<text class="value" x="${to + 6}" y="${y + 12}">${compactText(value)}</text></g>`;
  });
  return { height, body: [...grid, ...rows].join("\n") };
}

function line(points: readonly Point[], { at, ticks }: Scale): Drawing {
  const [width, floor] = [WIDTH - LINE.left - LINE.right, LINE.height - LINE.bottom];
  const x = (index: number) => round(LINE.left + (width * (index + 0.5)) / points.length);
  const y = (value: number) => round(floor - at(value) * (floor - LINE.top));
  const grid = ticks.map(
    (tick) =>
      `<line class="${tick === 0 ? "axis" : "grid"}" x1="${LINE.left}" x2="${WIDTH - LINE.right}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text class="tick" x="${LINE.left - 8}" y="${y(tick) + 4}" text-anchor="end">${compactText(tick)}</text>`,
  );
  const step = Math.max(1, Math.ceil(points.length / LINE.labels));
  const labels = points.flatMap(({ label }, index) =>
    index % step === 0
      ? `<text class="tick" x="${x(index)}" y="${LINE.height - 8}" text-anchor="middle">${shortHtml(label, 14)}</text>`
      : [],
  );
  // A gap where there is no value: the next point begins a new part.
  const path = points.map(({ value }, index) =>
    value === null ? "" : `${(points[index - 1]?.value ?? null) === null ? "M" : "L"}${x(index)} ${y(value)}`,
  );
  const dots = points.flatMap(({ label, value }, index) =>
    value === null || points.length > 100
      ? []
      : `<circle cx="${x(index)}" cy="${y(value)}" r="2.5">${fullTitle(label, value)}</circle>`,
  );
  return { height: LINE.height, body: [...grid, ...labels, `<path d="${path.join("")}"/>`, ...dots].join("\n") };
}

function fullTitle(label: string, value: number): string {
  return `<title>${shortHtml(label, 200)}: ${numberText(value)}</title>`;
}

function round(coordinate: number): number {
  return Math.round(coordinate * 100) / 100;
}
