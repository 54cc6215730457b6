import { parseDecimal } from "./csv-decimal.ts";
import type { CsvHeader } from "./csv-header.ts";
import { NumberTotals } from "./report-numbers.ts";
import type { Aggregate } from "./report-query.ts";

/** Cells that no number could be read from. */
export interface SkippedCells {
  /** Nothing in them, or only space. */
  empty: number;
  notNumeric: number;
}

/** A column that aggregates are computed from. */
export interface AggregatedColumn {
  readonly name: string;
  readonly position: number;
  /** Undefined when its cells are only counted: they need not be numbers. */
  readonly skipped: SkippedCells | undefined;
}

/**
 * Each column of these aggregates, once.
 * @throws FatalError when the header lacks one
 */
export function aggregatedColumns(aggregates: readonly Aggregate[], header: CsvHeader): AggregatedColumn[] {
  const numeric = new Set(aggregates.filter(({ op }) => op !== "count").map(({ column }) => column));
  const names = new Set(aggregates.flatMap(({ column }) => column ?? []));
  return [...names].map((name) => {
    const skipped = numeric.has(name) ? { empty: 0, notNumeric: 0 } : undefined;
    return { name, position: header.position(name), skipped };
  });
}

/** What is known of one column in one group. */
export class ColumnTotals {
  readonly column: AggregatedColumn;
  readonly numbers = new NumberTotals();
  /** Cells that are not empty. */
  filled = 0;

  constructor(column: AggregatedColumn) {
    this.column = column;
  }

  add(cell: string): void {
    const { skipped } = this.column;
    if (cell.trim() === "") {
      if (skipped) skipped.empty++;
      return;
    }
    this.filled++;
    if (!skipped) return;
    const value = parseDecimal(cell);
    if (value === undefined) skipped.notNumeric++;
    else this.numbers.add(value);
  }
}
