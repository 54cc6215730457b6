export interface Line {
  readonly name: string;
  readonly color: string;
  /** From left to right; what is above the axis is cut off. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface Axis {
  readonly title: string;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

const WIDTH = 900;
const HEIGHT = 420;
const TOP = 84;
const BOTTOM = HEIGHT - 56;
const LEFT = 64;
const RIGHT = 28;
const GAP = 72;

/** Panels of lines side by side, both axes logarithmic, as an SVG document. The panels share axes and legend. */
export function linePlot(panels: readonly Panel[], x: Axis, y: Axis): string {
  const width = (WIDTH - LEFT - RIGHT - GAP * (panels.length - 1)) / panels.length;
  const drawn = panels.flatMap((panel, index) => drawPanel(panel, LEFT + index * (width + GAP), width, x, y));
  const names = panels[0]?.lines ?? [];
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...names.flatMap(({ name, color }, index) => [
      `<line x1="${LEFT + index * 200}" y1="24" x2="${LEFT + index * 200 + 24}" y2="24" stroke="${color}" stroke-width="3"/>`,
      text(LEFT + index * 200 + 32, 28, name, "start"),
    ]),
    ...drawn,
    "</svg>",
  ].join("\n")}\n`;
}

function drawPanel({ title, lines }: Panel, left: number, width: number, x: Axis, y: Axis): string[] {
  const toX = scale(x, left, left + width);
  const toY = scale(y, BOTTOM, TOP);
  return [
    text(left, TOP - 20, `${title} (${y.title})`, "start", "600"),
    ...y.ticks.flatMap(({ at, label }) => [
      `<line x1="${left}" y1="${toY(at)}" x2="${left + width}" y2="${toY(at)}" stroke="#ddd"/>`,
      text(left - 8, toY(at) + 4, label, "end"),
    ]),
    ...x.ticks.map(({ at, label }) => text(toX(at), BOTTOM + 20, label, "middle")),
    text(left + width / 2, BOTTOM + 42, x.title, "middle"),
    `<clipPath id="panel-${left}"><rect x="${left}" y="${TOP}" width="${width}" height="${BOTTOM - TOP}"/></clipPath>`,
    ...lines.map(({ color, points }) => {
      const path = points.map(([at, value]) => `${toX(at)},${toY(value)}`).join(" ");
      return `<polyline points="${path}" clip-path="url(#panel-${left})" fill="none" stroke="${color}" stroke-width="2.5" stroke-linejoin="round"/>`;
    }),
  ];
}

function scale({ ticks }: Axis, from: number, to: number): (value: number) => number {
  const low = Math.log(ticks[0]?.at ?? 1);
  const high = Math.log(ticks.at(-1)?.at ?? 10);
  return (value) => Math.round((from + ((Math.log(value) - low) / (high - low)) * (to - from)) * 10) / 10;
}

function text(x: number, y: number, content: string, anchor: string, weight = "400"): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-weight="${weight}" fill="#333">${content}</text>`;
}
