import { isTerminal, type TerminalState } from "../domain/job.ts";
import type { JobView } from "../protocol/job-view.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { stateText } from "./job-state.ts";

/** How the jobs that are watched have ended so far. */
export class WatchTally {
  readonly #ended: Record<TerminalState, number> = { succeeded: 0, failed: 0, cancelled: 0 };
  readonly #unfinished = new Set<string>();

  /** A job as it is by now. */
  saw({ id, state }: JobView): void {
    if (!isTerminal(state)) {
      this.#unfinished.add(id);
      return;
    }
    this.#unfinished.delete(id);
    this.#ended[state]++;
  }

  get unfinished(): number {
    return this.#unfinished.size;
  }

  /** What those that have ended make of it. */
  get exitCode(): ExitCode {
    return this.#ended.failed + this.#ended.cancelled > 0 ? EXIT.jobFailed : EXIT.done;
  }

  /** "12 succeeded, 1 failed", or null when none has ended. */
  get text(): string | null {
    const counts = Object.entries(this.#ended) as [TerminalState, number][];
    const parts = counts.flatMap(([state, count]) => (count === 0 ? [] : [`${count} ${stateText(state)}`]));
    return parts.length === 0 ? null : parts.join(", ");
  }
}
