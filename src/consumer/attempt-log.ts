import { droppedLine, jobLog, LOG_LIMITS, type LogLine, toLogLine } from "../domain/log-line.ts";

/** What a handler says in one attempt: the first lines are kept, and how many there were more. */
export class AttemptLog {
  readonly #lines: string[] = [];
  #characters = 0;
  #dropped = 0;
  #lastAt = 0;
  readonly #told: (line: LogLine) => void;

  /** @param told is given each line that is kept */
  constructor(told: (line: LogLine) => void = () => undefined) {
    this.#told = told;
  }

  readonly write = jobLog((level, message, fields) => {
    const line = toLogLine(Date.now(), level, message, fields);
    const json = JSON.stringify(line);
    this.#lastAt = line.at;
    const fits = this.#lines.length < LOG_LIMITS.lines && this.#characters + json.length <= LOG_LIMITS.characters;
    // Once a line was dropped there is none after it: what is kept is the beginning, without holes.
    if (this.#dropped > 0 || !fits) {
      this.#dropped++;
      return;
    }
    this.#lines.push(json);
    this.#characters += json.length;
    this.#told(line);
  });

  /** All lines as JSON; null when there are none. */
  toJson(): string | null {
    if (this.#lines.length === 0) return null;
    const end = this.#dropped === 0 ? [] : [JSON.stringify(droppedLine(this.#lastAt, this.#dropped))];
    return `[${[...this.#lines, ...end].join(",")}]`;
  }
}
