import { isTerminal } from "../domain/job.ts";
import { EXIT } from "./exit-code.ts";
import { stateText } from "./job-state.ts";
/** How the jobs that are watched have ended so far. */
export class WatchTally {
  #ended = { succeeded: 0, failed: 0, cancelled: 0 };
  #unfinished = new Set();
  /** A job as it is by now. */
  saw({ id, state }) {
    if (!isTerminal(state)) {
      this.#unfinished.add(id);
      return;
    }
    this.#unfinished.delete(id);
    this.#ended[state]++;
  }
  get unfinished() {
    return this.#unfinished.size;
  }
  /** What those that have ended make of it. */
  get exitCode() {
    return this.#ended.failed + this.#ended.cancelled > 0 ? EXIT.jobFailed : EXIT.done;
  }
  /** "12 succeeded, 1 failed", or null when none has ended. */
  get text() {
    const counts = Object.entries(this.#ended);
    const parts = counts.flatMap(([state, count]) => (count === 0 ? [] : [`${count} ${stateText(state)}`]));
    return parts.length === 0 ? null : parts.join(", ");
  }
}
