import { env } from "cloudflare:workers";
import type { SluiceEnv } from "../../src/env.ts";

/** What happens to a call of a binding, by its number from 1: it fails before it is made, or after it took effect. */
type Fault = "before" | "after" | undefined;

/**
 * The Worker's bindings, with every call of D1, R2 and the gates counted. `decide` is told each call's number and name,
 * and may do something of its own before the call is made.
 */
export function brokenEnv(decide: (call: number, name: string) => Fault | Promise<Fault>): {
  readonly env: SluiceEnv;
  readonly calls: () => number;
} {
  let calls = 0;
  const through = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    const fault = await decide(++calls, name);
    if (fault === "before") throw new Error("the Worker died before a call");
    const result = await call();
    if (fault === "after") throw new Error("the Worker died after a call");
    return result;
  };
  const statement = (inner: D1PreparedStatement, sql: string): D1PreparedStatement =>
    ({
      bind: (...values: unknown[]) => statement(inner.bind(...values), sql),
      all: () => through(sql, () => inner.all()),
      run: () => through(sql, () => inner.run()),
      raw: () => through(sql, () => inner.raw()),
      first: (column?: string) => through(sql, () => (column === undefined ? inner.first() : inner.first(column))),
    }) as unknown as D1PreparedStatement;
  return {
    env: {
      ...env,
      DB: { prepare: (sql: string) => statement(env.DB.prepare(sql), sql) } as D1Database,
      BLOBS: {
        get: (key: string) => through("get", () => env.BLOBS.get(key)),
        put: (...args: Parameters<R2Bucket["put"]>) => through("put", () => env.BLOBS.put(...args)),
        delete: (keys: string[]) => env.BLOBS.delete(keys),
      } as unknown as R2Bucket,
      GATES: {
        getByName: (name: string) => {
          const stub = env.GATES.getByName(name) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
          return new Proxy(stub, {
            get:
              (_, method) =>
              (...args: unknown[]) =>
                through(String(method), async () => stub[String(method)]!(...args)),
          });
        },
      } as unknown as SluiceEnv["GATES"],
    },
    calls: () => calls,
  };
}
