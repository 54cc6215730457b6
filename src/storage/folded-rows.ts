/** What a field of a row can be. */
export type Field = string | number | null;

/** Rows as a statement takes them, see {@link foldRows}. */
export interface FoldedRows {
  /** Each row as a JSON array of what it does not share with all others. */
  readonly json: readonly string[];
  /** What all rows share, in the order of its parameters. */
  readonly shared: readonly Field[];
  /** SQL for a field: `d.value->>3`, or the parameter that all rows share. */
  readonly field: (index: number) => string;
}

/**
 * Rows for `json_each(…)`, with what all of them have in common bound once. To look a field up in a row of JSON takes
 * SQLite about half a microsecond: with 22 fields in each, that was more than half of an insert.
 * @param alias of `json_each` in the statement
 * @param firstParameter the number of the first parameter that is bound to what they share; those after it follow
 * @param own the fields that stay in the rows even when all have the same: those by which a plan finds its rows
 */
export function foldRows(
  rows: readonly (readonly Field[])[],
  alias: string,
  firstParameter: number,
  own: ReadonlySet<number> = new Set(),
): FoldedRows {
  const [first = []] = rows;
  const shared: Field[] = [];
  const varying: number[] = [];
  const sql = first.map((value, index) => {
    if (own.has(index) || rows.some((row) => row[index] !== value))
      return `${alias}.value->>${varying.push(index) - 1}`;
    return `?${firstParameter + shared.push(value) - 1}`;
  });
  return {
    json: rows.map((row) => JSON.stringify(varying.map((index) => row[index]))),
    shared,
    field: (index) => sql[index] ?? "NULL",
  };
}
