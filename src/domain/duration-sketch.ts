/** A percentile is within so much of the true one: 0.02 is 2 %. */
export const SKETCH_ERROR = 0.02;

/** Each bin ends so much above where it begins. */
const GAMMA = (1 + SKETCH_ERROR) / (1 - SKETCH_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
/** The bin of everything below a millisecond. Those of longer durations begin at 0. */
const ZERO = -1;
/** Longer durations count as this one: 10 years. So a sketch never has more than 663 bins. */
const LONGEST_MS = 10 * 365 * 86_400_000;

/** Bins and their counts in turn, by bin: `[0, 12, 57, 3]`. */
export type PackedSketch = readonly number[];

/**
 * Durations in milliseconds, kept as counts in logarithmic bins: a DDSketch (Masson, Rim and Lee, "DDSketch: a fast and
 * fully-mergeable quantile sketch with relative-error guarantees", PVLDB 12, 2019), with a sparse store. However many
 * sketches are merged, a percentile stays within {@link SKETCH_ERROR} of the true one.
 */
export class DurationSketch {
  readonly #bins = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    this.#increase(binOf(ms), 1);
  }

  merge(packed: PackedSketch): void {
    for (let at = 0; at + 1 < packed.length; at += 2) this.#increase(packed[at] ?? ZERO, packed[at + 1] ?? 0);
  }

  pack(): PackedSketch {
    return this.#sorted().flat();
  }

  /** The duration that a share `q` (0 to 1) of all do not exceed, in milliseconds; null when there is none. */
  quantile(q: number): number | null {
    if (this.#count === 0) return null;
    const rank = q * (this.#count - 1);
    let seen = 0;
    let last = ZERO;
    for (const [bin, count] of this.#sorted()) {
      seen += count;
      last = bin;
      if (seen > rank) break;
    }
    return durationOf(last);
  }

  #increase(bin: number, count: number): void {
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count);
    this.#count += count;
  }

  #sorted(): [bin: number, count: number][] {
    return [...this.#bins].toSorted(([a], [b]) => a - b);
  }
}

function binOf(ms: number): number {
  if (!(ms >= 1)) return ZERO;
  return Math.ceil(Math.log(Math.min(ms, LONGEST_MS)) / LOG_GAMMA);
}

// The value whose relative distance to both ends of the bin is the same.
function durationOf(bin: number): number {
  return bin === ZERO ? 0 : (2 * GAMMA ** bin) / (GAMMA + 1);
}
