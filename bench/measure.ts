import type { Trial } from "./trial.ts";

/** What one round of a measure has found, by the names of its figures. */
export type Figures = Readonly<Record<string, number>>;

export interface MeasureContext {
  /** How long a load is to last, about. */
  readonly seconds: number;
  /** The first round, which is dropped: short, and nothing is known yet. */
  readonly isWarmUp: boolean;
  /** The median of what was found so far of this contender, or undefined. */
  readonly known: (measure: string, figure: string) => number | undefined;
}

/** Something that is measured of every contender, in turns. */
export interface Measure {
  readonly id: string;
  readonly take: (trial: Trial, context: MeasureContext) => Promise<Figures>;
}

/** The share of a list, by nearest rank; NaN of an empty one. */
export function percentile(values: readonly number[], share: number): number {
  const ranked = values.toSorted((a, b) => a - b);
  return ranked[Math.max(0, Math.ceil(ranked.length * share) - 1)] ?? Number.NaN;
}
