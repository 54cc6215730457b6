/** The D1 database that a team keeps its readings in: `() => env.READINGS`, with `env` of `cloudflare:workers`. */
export type ReadingsDatabase = () => D1Database;

/** @throws Error that says what to write: the next attempt may be made by a deployment that has the binding */
export function openReadings(database: ReadingsDatabase): D1Database {
  const db: D1Database | undefined = database();
  if (typeof db?.prepare === "function") return db;
  throw new Error("the readings have no D1 database: add its [[d1_databases]] binding to wrangler.toml, and deploy");
}
