/** Where values lie on an axis. */
export interface Scale {
  /** 0 at one end of the axis, 1 at the other. */
  readonly at: (value: number) => number;
  /** Round values, evenly spaced. */
  readonly ticks: readonly number[];
}

const INTERVALS = 5;

/**
 * An axis between two round values.
 * @param withZero Lengths can only be compared from 0 on; points on a line can without.
 */
export function scaleOf(values: readonly number[], withZero: boolean): Scale {
  const start = withZero ? 0 : (values[0] ?? 0);
  const least = values.reduce((a, b) => Math.min(a, b), start);
  const greatest = values.reduce((a, b) => Math.max(a, b), start);
  // In halves: the span of all doubles is not one itself.
  const step = roundStep((greatest / 2 - least / 2) / (INTERVALS / 2));
  const [from, to] = [Math.floor(least / step), Math.ceil(greatest / step)];
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => tidy((from + index) * step));
  return { at: (value) => (value / step - from) / (to - from || 1), ticks: ticks.filter(Number.isFinite) };
}

/** 1, 2 or 5 times a power of ten, and no less than what is given. */
function roundStep(least: number): number {
  if (least < Number.MIN_VALUE * 1e16) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((factor) => factor * power >= least) ?? 10;
  return factor * power;
}

function tidy(value: number): number {
  return Number(value.toPrecision(12)) || 0;
}
