import { globSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const JOBS = 20_000;

/**
 * The bytes that one finished job takes of its database, indexes included, in SQLite with this project's schema.
 * @param payloadBytes of its payload, at least 2
 */
export function jobSize(payloadBytes: number): number {
  const database = new DatabaseSync(":memory:");
  for (const migration of globSync("migrations/*.sql").toSorted()) database.exec(readFileSync(migration, "utf8"));
  database.exec("INSERT INTO tenants (id, name, created_at) VALUES ('acme', 'Acme', 0)");
  const before = size(database);
  const insert = database.prepare(`
    INSERT INTO jobs (tenant_id, id, state, type, queue, priority, released, claim, deliveries, attempt, max_attempts,
      timeout_ms, backoff, solo, payload_bytes, created_at, started_at, finished_at, lease_until, payload, result)
    VALUES ('acme', ?, 'succeeded', 'http.request', 'default', 5, 0, ?, 1, 1, 5, 30000,
      '{"kind":"exponential","baseMs":1000,"maxMs":3600000}', 0, ?, ?, ?, ?, ?, ?, '{"status":204}')`);
  const payload = JSON.stringify("x".repeat(payloadBytes - 2));
  database.exec("BEGIN");
  for (let job = 0; job < JOBS; job++) {
    const at = 1_795_000_000_000 + job * 50;
    const hex = at.toString(16).padStart(12, "0");
    const tail = job.toString(16).padStart(12, "0");
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-${tail}`;
    insert.run(id, `7e570000-0000-4000-8000-${tail}`, payloadBytes, at, at, at, at, payload);
  }
  database.exec("COMMIT");
  const bytes = (size(database) - before) / JOBS;
  database.close();
  return bytes;
}

function size(database: DatabaseSync): number {
  return pragma(database, "page_count") * pragma(database, "page_size");
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
