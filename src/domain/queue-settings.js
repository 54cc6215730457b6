const UNLIMITED = { concurrency: null, rate: null, paused: false };
/** The patterns that match a name or a narrower pattern, the longest first: `a/b/*` and `a/*` for `a/b/c`. */
export function patternsOf(name) {
  const patterns = [];
  const last = name.endsWith("/*") ? name.length - 3 : name.length - 1;
  for (let slash = name.lastIndexOf("/", last); slash > 0; slash = name.lastIndexOf("/", slash - 1)) {
    patterns.push(`${name.slice(0, slash)}/*`);
  }
  return patterns;
}
/** All of a tenant's settings, by which the limits of any queue are found: exact before pattern, longer before shorter. */
export class QueueRules {
  #byName;
  #allPaused;
  /** @param allPaused nothing is started in any queue, as if each were paused */
  constructor(settings = [], allPaused = false) {
    this.#byName = new Map(settings.map((one) => [one.name, one]));
    this.#allPaused = allPaused;
  }
  limitsOf(queue) {
    const limits = this.#given(queue);
    return this.#allPaused ? { ...limits, paused: true } : limits;
  }
  #given(queue) {
    if (this.#byName.size === 0) return UNLIMITED;
    const exact = this.#byName.get(queue);
    if (exact) return exact;
    for (const pattern of patternsOf(queue)) {
      const limits = this.#byName.get(pattern);
      if (limits) return limits;
    }
    return UNLIMITED;
  }
}
