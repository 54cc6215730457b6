/** The limits of a queue, or of every queue that a pattern matches. */
export interface QueueLimits {
  /** Jobs of the queue in the Queue or running; null: only the tenant's own limit. */
  readonly concurrency: number | null;
  /** Starts in each period; null: any number. */
  readonly rate: StartRate | null;
  /** Nothing is started. */
  readonly paused: boolean;
}

export interface StartRate {
  readonly limit: number;
  readonly periodMs: number;
}

/** Limits under the name or the pattern that they were given for. */
export interface QueueSettings extends QueueLimits {
  /** Exact (`mail`), or a pattern: `customer/*` means each queue whose name begins with `customer/`, by itself. */
  readonly name: string;
}

const UNLIMITED: QueueLimits = { concurrency: null, rate: null, paused: false };

/** The patterns that match a name or a narrower pattern, the longest first: `a/b/*` and `a/*` for `a/b/c`. */
export function patternsOf(name: string): string[] {
  const patterns: string[] = [];
  const last = name.endsWith("/*") ? name.length - 3 : name.length - 1;
  for (let slash = name.lastIndexOf("/", last); slash > 0; slash = name.lastIndexOf("/", slash - 1)) {
    patterns.push(`${name.slice(0, slash)}/*`);
  }
  return patterns;
}

/** All of a tenant's settings, by which the limits of any queue are found: exact before pattern, longer before shorter. */
export class QueueRules {
  readonly #byName: ReadonlyMap<string, QueueLimits>;
  readonly #allPaused: boolean;

  /** @param allPaused nothing is started in any queue, as if each were paused */
  constructor(settings: readonly QueueSettings[] = [], allPaused = false) {
    this.#byName = new Map(settings.map((one) => [one.name, one]));
    this.#allPaused = allPaused;
  }

  limitsOf(queue: string): QueueLimits {
    const limits = this.#given(queue);
    return this.#allPaused ? { ...limits, paused: true } : limits;
  }

  #given(queue: string): QueueLimits {
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
