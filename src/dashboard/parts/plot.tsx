import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { theme } from "../theme.ts";

export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A CSS variable, as "--failed". */
  readonly color: string;
}

const HEIGHT = 132;

/** A live plot. What it shows is said in words beside it: a canvas tells nothing to who cannot see it. */
export function Plot(props: {
  title: string;
  /** The list of what it counts. */
  to?: string;
  latest: string;
  times: readonly number[];
  lines: readonly Line[];
  format: (value: number) => string;
  bars?: boolean;
  /** Between two marks of the axis; default: what is round in tens. */
  steps?: readonly number[];
}) {
  const { title, to, latest, times, lines, format, bars = false, steps } = props;
  const canvas = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const shape = `${theme.value} ${lines.map(({ label }) => label).join()}`;

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf(element, { lines, format, bars, steps, point: setPointed }),
      dataOf(times, lines, bars),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
    // Made anew for other lines or colours; other values are put in below.
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(dataOf(times, lines, bars));
  }, [times, lines]);

  return (
    <figure class="card plot">
      <figcaption>
        <h2>{to === undefined ? title : <a href={to}>{title}</a>}</h2>
        <span class="legend">
          {lines.map(({ label, color, values }) => (
            <span key={label} style={{ "--of": `var(${color})` }}>
              {label} {valueText(values, pointed, format)}
            </span>
          ))}
        </span>
      </figcaption>
      <div class="canvas" ref={canvas} role="img" aria-label={`${title}: ${latest}`} />
    </figure>
  );
}

// A bar of no height would be drawn as a dash.
function dataOf(times: readonly number[], lines: readonly Line[], bars: boolean): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => (bars ? values.map((value) => value || null) : [...values]))];
}

/** The value that is pointed at, else the last that there is. */
function valueText(values: Line["values"], pointed: number | null, format: (value: number) => string): string {
  const value = pointed === null ? values.findLast((one) => one !== null) : values[pointed];
  return value == null ? "" : format(value);
}

function optionsOf(
  element: HTMLElement,
  options: {
    lines: readonly Line[];
    format: (value: number) => string;
    bars: boolean;
    steps: readonly number[] | undefined;
    point: (index: number | null) => void;
  },
): uPlot.Options {
  const { lines, format, bars, steps, point } = options;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color("--muted"),
    font: `11px ${style.getPropertyValue("--font")}`,
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  const paths = bars ? uPlot.paths.bars?.({ size: [0.7, 12], gap: 1 }) : undefined;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    padding: [8, 18, 0, 0],
    scales: { y: { range: (_, _least, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, size: 24, space: 70, values: (_, times) => times.map(clock), grid: { show: false } },
      {
        ...axis,
        size: 52,
        space: 28,
        values: (_, values) => values.map((value) => format(value)),
        ...(steps && { incrs: [...steps] }),
      },
    ],
    hooks: { setCursor: [(plot) => point(plot.cursor.idx ?? null)] },
    series: [
      {},
      ...lines.map(({ label, color: name }) => ({
        label,
        stroke: color(name),
        width: 1.5,
        fill: `${color(name)}${bars ? "cc" : "1f"}`,
        points: { show: true, size: 4, fill: color(name), filter: lonely },
        ...(paths && { paths }),
      })),
    ],
  };
}

/** Values without a neighbour: no line leads to them. */
function lonely(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const isThere = (index: number) => values[index] != null;
  return Array.from(values, (_, index) => index).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
}

function clock(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
