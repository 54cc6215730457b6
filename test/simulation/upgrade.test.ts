import type { DatabaseSync } from "node:sqlite";
import { afterEach, expect, it } from "vitest";
import type { Row } from "./model.ts";
import { migrate } from "./sqlite-d1.ts";
import { BEGIN, TENANT, World } from "./world.ts";

/** The last migration of 0.1.0, before jobs could be delayed. */
const OLD_SCHEMA = 1;

const ids = ["waits", "sent", "runs", "retries", "done", "suspect"].map(
  (_, index) => `01a3185c-5000-7000-8000-00000000000${index}`,
);

/** Jobs in every state, as that version has stored them. */
function storeAsBefore(sqlite: DatabaseSync): void {
  const insert = sqlite.prepare(
    `INSERT INTO jobs (tenant_id, id, state, type, queue, priority, released, due_at, ready_at, lease_until, claim, deliveries,
       attempt, failures, max_attempts, timeout_ms, backoff, payload_bytes, created_at, started_at, finished_at, payload, result, errors)
     VALUES ('${TENANT}', ?, ?, 'work', 'default', 5, ?, ?, ?, ?, ?, ?, ?, ?, 5, 30000, '{"baseMs":1000,"factor":2,"capMs":3600000}', 2,
       ?, ?, ?, '{}', ?, ?)`,
  );
  const at = BEGIN - 5_000;
  const failure = `[{"attempt":1,"at":${at},"kind":"error","name":"Error","message":"no luck"}]`;
  const [waits, sent, runs, retries, done, suspect] = ids as [string, string, string, string, string, string];
  insert.run(waits, "queued", 0, null, at, null, null, 0, 0, 0, at, null, null, null, null);
  insert.run(sent, "queued", 1, BEGIN + 55_000, null, null, null, 1, 0, 0, at, null, null, null, null);
  insert.run(runs, "running", 1, BEGIN + 55_000, null, BEGIN + 55_000, "token", 1, 1, 0, at, at, null, null, null);
  insert.run(retries, "retrying", 0, BEGIN + 1_000, null, null, null, 1, 1, 1, at, at, null, null, failure);
  insert.run(done, "succeeded", 0, null, null, null, null, 1, 1, 0, at, at, at, '"done"', null);
  insert.run(
    suspect,
    "running",
    1,
    BEGIN + 55_000,
    null,
    BEGIN + 55_000,
    "token",
    1,
    2,
    0,
    at,
    at,
    null,
    null,
    failure,
  );
  sqlite.prepare("UPDATE jobs SET crashes = 1 WHERE id = ?").run(suspect);
}

let world: World;

afterEach(() => world.close());

it("runs the jobs that the version before has left, and the messages that it has sent", async () => {
  world = new World(1, (sqlite) => {
    migrate(sqlite, 0, OLD_SCHEMA);
    storeAsBefore(sqlite);
    migrate(sqlite, OLD_SCHEMA + 1);
  });
  // As that version has sent it.
  world.messages.push({ queue: "sluice-jobs", body: { v: 1, tenantId: TENANT, jobIds: [ids[1] ?? ""] } });
  for (let minute = 0; minute < 5; minute++) {
    await world.cron();
    await world.deliver(world.messages.map((_, index) => index));
    for (const run of world.running) run.end("succeeds");
    await world.advance(60_000);
  }
  const rows = world.sqlite.prepare("SELECT * FROM jobs ORDER BY id").all() as unknown as Row[];
  expect(rows.map(({ state, attempt, failures, crashes }) => [state, attempt, failures, crashes])).toEqual([
    ["succeeded", 1, 0, 0],
    ["succeeded", 1, 0, 0],
    // Its Worker was the old version's, and is gone.
    ["succeeded", 2, 0, 0],
    ["succeeded", 2, 1, 0],
    ["succeeded", 1, 0, 0],
    // It ran alone already.
    ["succeeded", 3, 0, 2],
  ]);
});
