/** What one statement has cost. */
export interface Cost {
  readonly sql: string;
  readonly read: number;
  readonly written: number;
}

/**
 * A D1 database that runs everything for real and notes what each statement has read and written.
 * @param costs where it is noted: several meters, as those of sessions, may share one list
 */
export function meterD1(
  d1: Pick<D1Database, "prepare" | "batch">,
  costs: Cost[] = [],
): { db: D1Database; costs: Cost[]; total: () => Omit<Cost, "sql"> } {
  const texts = new WeakMap<object, string>();
  const inner = new WeakMap<object, D1PreparedStatement>();

  const note = <T>(sql: string, result: D1Result<T>) => {
    costs.push({ sql, read: result.meta.rows_read, written: result.meta.rows_written });
    return result;
  };

  const meter = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const all = async () => note(sql, await statement.all());
    const metered = {
      bind: (...values: unknown[]) => meter(statement.bind(...values), sql),
      all,
      run: all,
      raw: async () => (await all()).results.map((row) => Object.values(row)),
      first: async (column?: string) => {
        const [row] = (await all()).results;
        return row === undefined ? null : column === undefined ? row : row[column];
      },
    } as unknown as D1PreparedStatement;
    texts.set(metered, sql);
    inner.set(metered, statement);
    return metered;
  };

  const db = {
    prepare: (sql: string) => meter(d1.prepare(sql), sql),
    batch: async (statements: D1PreparedStatement[]) => {
      const results = await d1.batch(statements.map((statement) => inner.get(statement)!));
      return results.map((result, index) => note(texts.get(statements[index]!)!, result));
    },
  } as unknown as D1Database;

  const sum = (pick: (cost: Cost) => number) => costs.reduce((total, cost) => total + pick(cost), 0);
  return { db, costs, total: () => ({ read: sum((cost) => cost.read), written: sum((cost) => cost.written) }) };
}
