const MOST = 3_600;

/** How long the oldest job waited, each time that somebody looked: the API tells it of the present alone. */
export class OldestSamples {
  readonly #samples: { readonly at: number; readonly ageMs: number }[] = [];

  /** @param at milliseconds since the epoch, later than those before */
  add(ageMs: number, at: number): void {
    this.#samples.push({ at, ageMs });
    if (this.#samples.length > MOST) this.#samples.shift();
  }

  /**
   * The longest wait in each step, in seconds; null where nobody looked.
   * @param times of the steps' beginnings, in seconds since the epoch
   */
  in(times: readonly number[], stepSeconds: number): (number | null)[] {
    const [first = 0] = times;
    const longest: (number | null)[] = times.map(() => null);
    for (const { at, ageMs } of this.#samples) {
      // The present may be just past the last step.
      const step = Math.min(Math.floor((at / 1_000 - first) / stepSeconds), longest.length - 1);
      if (step >= 0) longest[step] = Math.max(longest[step] ?? 0, ageMs / 1_000);
    }
    return longest;
  }
}
