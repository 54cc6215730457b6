import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { asActor } from "./journal.ts";
import type { Process } from "./process.ts";

/** An empty database. */
export function openDatabase(now: () => number): DatabaseSync {
  const sqlite = new DatabaseSync(":memory:");
  sqlite.function("unixepoch", { varargs: true }, () => now() / 1_000);
  return sqlite;
}

const MIGRATIONS = globSync("migrations/*.sql")
  .toSorted()
  .map((file) => ({ number: Number(basename(file).slice(0, 4)), sql: readFileSync(file, "utf8") }));

/** Applies the project's own migrations whose numbers are in this range. */
export function migrate(sqlite: DatabaseSync, from = 0, to = Number.POSITIVE_INFINITY): void {
  for (const { number, sql } of MIGRATIONS) if (number >= from && number <= to) sqlite.exec(sql);
}

let migrated: Uint8Array | null = null;

/** Applies all migrations; a copy of a database that has them, which takes less time. */
export function migrateAll(sqlite: DatabaseSync): void {
  if (migrated === null) {
    migrate(sqlite);
    migrated = sqlite.serialize();
  } else sqlite.deserialize(migrated);
}

/** D1's interface over SQLite, as one process sees it. */
export function sqliteD1(sqlite: DatabaseSync, process: Process): D1Database {
  const inner = new WeakMap<object, { readonly sql: string; readonly execute: () => D1Result }>();

  const prepare = (sql: string, values: readonly unknown[] = []): D1PreparedStatement => {
    const execute = (): D1Result => {
      try {
        const rows = asActor(process.name, () => prepared(sqlite, sql).all(...(values as SQLInputValue[])));
        const meta = { changes: prepared(sqlite, "SELECT changes() AS rows").get()?.["rows"] };
        return { success: true, results: rows.map((row) => ({ ...row })), meta } as never;
      } catch (error) {
        throw asD1Error(error);
      }
    };
    const all = () => process.call("D1", execute, [sql]);
    const statement = {
      bind: (...bound: unknown[]) => prepare(sql, bound),
      all,
      run: all,
      raw: async () => (await all()).results.map((row) => Object.values(row as object)),
      first: async (column?: string) => {
        const row = (await all()).results[0] as Record<string, unknown> | undefined;
        return row === undefined ? null : column === undefined ? row : row[column];
      },
    } as unknown as D1PreparedStatement;
    inner.set(statement, { sql, execute });
    return statement;
  };

  const batch = (statements: D1PreparedStatement[]) => {
    const calls = statements.flatMap((statement) => inner.get(statement) ?? []);
    const run = () => {
      sqlite.exec("BEGIN");
      try {
        const results = calls.map((call) => call.execute());
        sqlite.exec("COMMIT");
        return results;
      } catch (error) {
        sqlite.exec("ROLLBACK");
        throw error;
      }
    };
    return process.call(
      "D1",
      run,
      calls.map(({ sql }) => sql),
    );
  };

  const db = { prepare, batch };
  return { ...db, withSession: () => ({ ...db, getBookmark: () => null }) } as unknown as D1Database;
}

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

// The same few statements are made thousands of times.
function prepared(sqlite: DatabaseSync, sql: string): StatementSync {
  const known = statements.get(sqlite) ?? new Map<string, StatementSync>();
  statements.set(sqlite, known);
  const statement = known.get(sql) ?? sqlite.prepare(sql);
  known.set(sql, statement);
  return statement;
}

// D1 says which kind of SQLite error it was; what is not one passes as it is.
function asD1Error(error: unknown): unknown {
  return error instanceof Error ? new Error(`D1_ERROR: ${error.message}: SQLITE_ERROR`, { cause: error }) : error;
}
