import { FatalError } from "../domain/outcome.ts";
import type { CsvHeader } from "./csv-header.ts";
import { type AggregatedColumn, aggregatedColumns, ColumnTotals, type SkippedCells } from "./report-columns.ts";
import { type Aggregate, MOST_GROUPS, type Query, resultName } from "./report-query.ts";

/** What tells the groups apart, all in all, in characters of JSON. */
const LONGEST_KEYS = 2_000_000;

/** The texts that its rows share in the columns of `groupBy`, and its results; null is a result without any value. */
export type Group = Record<string, string | number | null>;

interface GroupTotals {
  readonly texts: readonly string[];
  rows: number;
  readonly columns: readonly ColumnTotals[];
}

/** Sums up records by group, in memory that grows with the groups and with nothing else. */
export class Groups {
  readonly #query: Query;
  readonly #positions: readonly number[];
  readonly #columns: readonly AggregatedColumn[];
  readonly #totals = new Map<string, GroupTotals>();
  #keysLength = 0;

  /** @throws FatalError when the header lacks a column of the query */
  constructor(query: Query, header: CsvHeader) {
    this.#query = query;
    this.#positions = query.groupBy.map((name) => header.position(name));
    this.#columns = aggregatedColumns(query.aggregates, header);
    // All rows are one group, which is there even without a row.
    if (query.groupBy.length === 0) this.#totalsOf([]);
  }

  /**
   * @param record With as many fields as the header.
   * @throws FatalError when the groups are too many, or the texts that tell them apart too long
   */
  add(record: readonly string[]): void {
    const group = this.#totalsOf(this.#positions.map((position) => record[position] ?? ""));
    group.rows++;
    for (const totals of group.columns) totals.add(record[totals.column.position] ?? "");
  }

  /**
   * In the order of their first records.
   * @throws FatalError when numbers were too large to be summed
   */
  results(): Group[] {
    const { groupBy, aggregates } = this.#query;
    return [...this.#totals.values()].map((group) => {
      const texts = groupBy.map((name, i) => [name, group.texts[i] ?? ""] as const);
      const results = aggregates.map((aggregate) => [resultName(aggregate), resultOf(aggregate, group)] as const);
      return Object.fromEntries([...texts, ...results]);
    });
  }

  /** By column, for those that have any. */
  skipped(): Record<string, SkippedCells> {
    const skipped = this.#columns.flatMap(({ name, skipped }) => (skipped ? [[name, skipped] as const] : []));
    return Object.fromEntries(skipped.filter(([, { empty, notNumeric }]) => empty + notNumeric > 0));
  }

  #totalsOf(texts: readonly string[]): GroupTotals {
    const key = JSON.stringify(texts);
    const known = this.#totals.get(key);
    if (known !== undefined) return known;
    this.#keysLength += key.length;
    if (this.#totals.size === MOST_GROUPS) throw this.#refusal(`more than ${MOST_GROUPS} groups`);
    if (this.#keysLength > LONGEST_KEYS) throw this.#refusal(`groups whose texts have over ${LONGEST_KEYS} characters`);
    const group = { texts, rows: 0, columns: this.#columns.map((column) => new ColumnTotals(column)) };
    this.#totals.set(key, group);
    return group;
  }

  #refusal(what: string): FatalError {
    return new FatalError(`the CSV makes ${what}: group by columns that have fewer and shorter ones`);
  }
}

function resultOf({ op, column }: Aggregate, { rows, columns }: GroupTotals): number | null {
  const totals = columns.find((totals) => totals.column.name === column);
  if (totals === undefined) return rows;
  const result = valueOf(op, totals);
  if (result === null || Number.isFinite(result)) return result;
  throw new FatalError(`the numbers in the column "${column}" are too large for their ${op}`);
}

function valueOf(op: Aggregate["op"], { filled, numbers }: ColumnTotals): number | null {
  switch (op) {
    case "count":
      return filled;
    case "sum":
      return numbers.sum;
    case "avg":
      return numbers.average;
    case "min":
      return numbers.least;
    case "max":
      return numbers.greatest;
  }
}
