import { withDeadline } from "../deadline.ts";

/** D1 did not answer in time: the outcome is unknown. */
export class StorageTimeout extends Error {
  override readonly name = "StorageTimeout";
}

/** A statement is larger than D1 takes; nothing was sent. */
export class StatementTooLarge extends Error {
  override readonly name = "StatementTooLarge";
}

/** D1's documented limits. The local D1 lets more pass, so they are checked here, before anything is sent. */
export const D1_LIMITS = { parameters: 100, valueBytes: 2_000_000, statementBytes: 100_000 } as const;

const encoder = new TextEncoder();

/**
 * A D1 database whose every call has a deadline and whose every statement is within D1's limits. D1 was seen to stall
 * for over a minute; without a deadline of our own each caller would hang as long.
 * @param deadlineMs for one call; past it the call rejects with {@link StorageTimeout}
 */
export function guardD1(d1: D1Database | D1DatabaseSession, deadlineMs: number): D1Database {
  const late = () => new StorageTimeout(`D1 did not answer within ${deadlineMs} ms`);
  const inTime = <T>(call: Promise<T>) => withDeadline(call, deadlineMs, late);
  const guarded = new WeakMap<object, D1PreparedStatement>();

  const guardStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const guard = {
      bind: (...values: unknown[]) => {
        assertParameters(values);
        return guardStatement(statement.bind(...values));
      },
      first: (column?: string) => inTime(column === undefined ? statement.first() : statement.first(column)),
      run: () => inTime(statement.run()),
      all: () => inTime(statement.all()),
      raw: (options?: { columnNames?: false }) =>
        inTime(options === undefined ? statement.raw() : statement.raw(options)),
    } as unknown as D1PreparedStatement;
    guarded.set(guard, statement);
    return guard;
  };

  return {
    prepare: (sql: string) => {
      if (sql.length > D1_LIMITS.statementBytes) throw new StatementTooLarge(`a statement of ${sql.length} bytes`);
      return guardStatement(d1.prepare(sql));
    },
    batch: (statements: D1PreparedStatement[]) =>
      inTime(d1.batch(statements.map((statement) => guarded.get(statement) ?? statement))),
  } as unknown as D1Database;
}

function assertParameters(values: readonly unknown[]): void {
  if (values.length > D1_LIMITS.parameters) throw new StatementTooLarge(`${values.length} bound parameters`);
  for (const value of values) {
    // A string's UTF-8 is at most three times its length: only a long one needs to be measured.
    if (typeof value !== "string" || value.length * 3 <= D1_LIMITS.valueBytes) continue;
    const bytes = encoder.encode(value).byteLength;
    if (bytes > D1_LIMITS.valueBytes) throw new StatementTooLarge(`a bound value of ${bytes} bytes`);
  }
}

/**
 * Whether D1 refused a statement for what it says (a constraint, a type, a size): the transaction did not commit, and
 * trying again would change nothing. Every other error leaves the outcome unknown.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof StatementTooLarge) return true;
  if (!(error instanceof Error)) return false;
  return /SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE|ERROR)|constraint failed|D1_TYPE_ERROR/.test(error.message);
}
