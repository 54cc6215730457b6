import { env } from "cloudflare:workers";
import { vi } from "vitest";

/** What becomes of a D1 call: it runs, or a fault comes before or after its commit. */
type Fault = "before" | "after" | { readonly until: () => boolean } | undefined;

const LOST = "D1_ERROR: Network connection lost.";

/**
 * Puts itself between a gate and the D1 batches by which it writes. `decide` sees the number of each call, from
 * 1: "before" fails it before it runs, "after" when it has committed, `until` holds it until that is true (asked again and again, since a promise must not
 * cross from the test into the Durable Object).
 */
export function faultyWrites(decide: (call: number) => Fault): { readonly calls: () => number } {
  let calls = 0;
  interceptSessions((session) => ({
    batch: async (statements) => {
      const fault = decide(++calls);
      if (fault === "before") throw new Error(LOST);
      if (typeof fault === "object") while (!fault.until()) await new Promise((resolve) => setTimeout(resolve, 5));
      const results = await session.batch(statements);
      if (fault === "after") throw new Error(LOST);
      return results as never;
    },
  }));
  return { calls: () => calls };
}

/**
 * Lets D1 fail, by what it returns, in a gate's batches that are no session's, of which one statement contains `sql`: it
 * moves on overdue jobs and fires schedules by those. `decide` sees the number of each, from 1.
 */
export function faultyBatches(sql: string, decide: (call: number) => "before" | "after" | undefined): void {
  let calls = 0;
  const texts = new WeakMap<object, string>();
  const prepare = env.DB.prepare.bind(env.DB);
  vi.spyOn(env.DB, "prepare").mockImplementation((text) => {
    const statement = prepare(text);
    const bind = statement.bind.bind(statement);
    statement.bind = (...values) => {
      const bound = bind(...values);
      texts.set(bound, text);
      return bound;
    };
    return statement;
  });
  const batch = env.DB.batch.bind(env.DB);
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    const meant = statements.some((statement) => texts.get(statement)?.includes(sql));
    const fault = meant ? decide(++calls) : undefined;
    if (fault === "before") throw new Error(LOST);
    const results = await batch<never>(statements);
    if (fault === "after") throw new Error(LOST);
    return results;
  });
}

/** Replaces parts of every D1 session that is begun from now on. */
export function interceptSessions(replace: (session: D1DatabaseSession) => Partial<D1DatabaseSession>): void {
  const begin = env.DB.withSession.bind(env.DB);
  vi.spyOn(env.DB, "withSession").mockImplementation((constraint) => {
    const session = begin(constraint);
    return {
      prepare: (sql: string) => session.prepare(sql),
      batch: session.batch.bind(session),
      getBookmark: () => session.getBookmark(),
      ...replace(session),
    };
  });
}

/** Has something happen right before a gate reads the earliest due time, the last step of a reconcile. */
export function beforeEarliestDue(happen: () => Promise<void> | void): { readonly reconciles: () => number } {
  let reconciles = 0;
  const prepare = env.DB.prepare.bind(env.DB);
  vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
    const statement = prepare(sql);
    if (!sql.includes("AS due FROM")) return statement;
    reconciles++;
    const bind = statement.bind.bind(statement);
    statement.bind = (...values) => {
      const bound = bind(...values);
      const first = bound.first.bind(bound);
      bound.first = async () => {
        await happen();
        return first();
      };
      return bound;
    };
    return statement;
  });
  return { reconciles: () => reconciles };
}

/**
 * D1 as a consumer has it, whose statements that contain `sql` meet faults: `decide` sees the number of each, from 1, and
 * what is bound to it; it may do something beside it, or throw. "before" fails it before it runs, "after" when it has committed.
 */
export function faultyStatements(
  sql: string,
  decide: (
    call: number,
    values: readonly unknown[],
  ) => Promise<"before" | "after" | void> | "before" | "after" | undefined,
): D1Database {
  let calls = 0;
  const wrap = (statement: D1PreparedStatement, bound: readonly unknown[] = []): D1PreparedStatement =>
    ({
      bind: (...values: unknown[]) => wrap(statement.bind(...values), values),
      all: async () => {
        const fault = await decide(++calls, bound);
        if (fault === "before") throw new Error(LOST);
        const result = await statement.all();
        if (fault === "after") throw new Error(LOST);
        return result;
      },
    }) as unknown as D1PreparedStatement;
  const prepare = (text: string) => (text.includes(sql) ? wrap(env.DB.prepare(text)) : env.DB.prepare(text));
  return { prepare, batch: env.DB.batch.bind(env.DB) } as unknown as D1Database;
}

/** D1 whose every call meets faults: `decide` sees the number of each, from 1. Statements that contain `except` meet none. */
export function faultyCalls(decide: (call: number) => "before" | "after" | undefined, except: string): D1Database {
  let calls = 0;
  const inner = new WeakMap<object, D1PreparedStatement>();
  const met = async <T>(call: () => Promise<T>): Promise<T> => {
    const fault = decide(++calls);
    if (fault === "before") throw new Error(LOST);
    const answer = await call();
    if (fault === "after") throw new Error(LOST);
    return answer;
  };
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: () => met(() => statement.all()),
      run: () => met(() => statement.run()),
      first: () => met(() => statement.first()),
    } as unknown as D1PreparedStatement;
    inner.set(wrapped, statement);
    return wrapped;
  };
  const prepare = (sql: string) => (sql.includes(except) ? env.DB.prepare(sql) : wrap(env.DB.prepare(sql)));
  const batch = (statements: D1PreparedStatement[]) =>
    met(() => env.DB.batch(statements.map((statement) => inner.get(statement) ?? statement)));
  return { prepare, batch } as unknown as D1Database;
}
