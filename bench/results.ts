import type { Figures } from "./measure.ts";

/** One round of one measure of one contender, or of one size of what grows. */
export interface Round {
  readonly measure: string;
  readonly of: string;
  /** From 1; the warm-up is 0. */
  readonly round: number;
  readonly figures: Figures;
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/** All that was measured. The warm-up is kept, and left out of every summary. */
export class Results {
  readonly rounds: Round[];

  constructor(rounds: readonly Round[] = []) {
    this.rounds = [...rounds];
  }

  add(round: Round): void {
    this.rounds.push(round);
  }

  /** The median of what was found so far, the warm-up too while there is nothing else. */
  known(measure: string, of: string, figure: string): number | undefined {
    const rounds = this.rounds.filter((one) => one.measure === measure && one.of === of);
    const counted = rounds.some(({ round }) => round > 0) ? rounds.filter(({ round }) => round > 0) : rounds;
    return summarize(counted.map(({ figures }) => figures[figure]))?.median;
  }

  /** Null when nothing was measured. */
  summary(measure: string, of: string, figure: string): Summary | null {
    const rounds = this.rounds.filter((one) => one.measure === measure && one.of === of && one.round > 0);
    return summarize(rounds.map(({ figures }) => figures[figure]));
  }

  /** One median by another one's, of the same figure; null when either is missing. */
  ratio(measure: string, of: string, figure: string, by: string): number | null {
    const [own, other] = [this.summary(measure, of, figure), this.summary(measure, by, figure)];
    return own === null || other === null || other.median === 0 ? null : own.median / other.median;
  }
}

/** Of an even count the median is the mean of the two in the middle. */
export function summarize(values: readonly (number | null | undefined)[]): Summary | null {
  const ranked = values.filter((value) => typeof value === "number" && Number.isFinite(value)) as number[];
  if (ranked.length === 0) return null;
  ranked.sort((a, b) => a - b);
  const at = (index: number) => ranked[index] ?? Number.NaN;
  const middle = (ranked.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return { median, min: at(0), max: at(ranked.length - 1), rounds: ranked.length };
}
