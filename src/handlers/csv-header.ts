import { FatalError } from "../domain/outcome.ts";

/** As many as a worksheet of Excel has. */
export const MOST_COLUMNS = 16_384;

// An error keeps 1,000 characters of its message.
const MOST_LISTED = 20;
const LONGEST_LISTED = 40;

/** Where a CSV has its columns. Those without a name are left out: nothing can ask for them. */
export class CsvHeader {
  readonly #positions = new Map<string, number>();

  /** @throws FatalError when there are more than 16,384 columns, or some of the same name: which is meant is no guess */
  constructor(record: readonly string[]) {
    if (record.length > MOST_COLUMNS) throw new FatalError(`the CSV has more than ${MOST_COLUMNS} columns`);
    const repeated = new Set<string>();
    for (const [position, name] of record.entries()) {
      if (name === "") continue;
      if (this.#positions.has(name)) repeated.add(name);
      this.#positions.set(name, position);
    }
    if (repeated.size > 0) throw new FatalError(`the CSV's header names more than one column ${list([...repeated])}`);
  }

  /**
   * The place of a column in each record, from 0.
   * @throws FatalError when there is no such column, which lists those there are
   */
  position(name: string): number {
    const position = this.#positions.get(name);
    if (position !== undefined) return position;
    throw new FatalError(`the CSV has no column ${list([name])}; its columns are ${list([...this.#positions.keys()])}`);
  }
}

function list(names: readonly string[]): string {
  const listed = names.slice(0, MOST_LISTED).map((name) => JSON.stringify(name.slice(0, LONGEST_LISTED)));
  const left = names.length - listed.length;
  return left > 0 ? `${listed.join(", ")} and ${left} more` : listed.join(", ");
}
