import type { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "vitest";
import { CALLBACK_TYPE } from "../../src/domain/callback.ts";
import { type Action, type JobShape, perform } from "./actions.ts";
import type { Row } from "./job-model.ts";
import { Model } from "./model.ts";
import { consumeAsBefore, insertAsBefore } from "./old-version.ts";
import { quietly } from "./quiet.ts";
import { migrate } from "./sqlite-d1.ts";
import { BEGIN, LIMITS, TENANT, World } from "./world.ts";

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
  const lease = BEGIN + 55_000;
  insert.run(suspect, "running", 1, lease, null, lease, "token", 1, 2, 0, at, at, null, null, failure);
  sqlite.prepare("UPDATE jobs SET crashes = 1 WHERE id = ?").run(suspect);
}

function rows(): Row[] {
  return world.sqlite.prepare("SELECT * FROM jobs ORDER BY id").all() as unknown as Row[];
}

/** The consumers of today take everything that there is to take, and succeed. */
async function runEverything(): Promise<void> {
  for (let minute = 0; minute < 5; minute++) {
    await world.cron();
    await world.deliver(world.messages.map((_, index) => index));
    for (const run of world.running) run.end("succeeds");
    await world.advance(60_000);
  }
}

let world: World;
let model: Model;

afterEach(() => world.close());

describe("what the version before has left", () => {
  it("is run: its jobs, and the messages that it has sent", async () => {
    world = new World(1, (sqlite) => {
      migrate(sqlite, 0, OLD_SCHEMA);
      storeAsBefore(sqlite);
      migrate(sqlite, OLD_SCHEMA + 1);
    });
    // As that version has sent it.
    world.messages.push({ queue: "sluice-jobs", body: { v: 1, tenantId: TENANT, jobIds: [ids[1] ?? ""] } });
    await runEverything();
    expect(rows().map(({ state, attempt, failures, crashes }) => [state, attempt, failures, crashes])).toEqual([
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
});

const PLAIN: JobShape = { delayMs: null, expireMs: null, queue: "a", priority: 5, maxAttempts: 3 };

async function enqueue(count: number, shape: JobShape = PLAIN): Promise<void> {
  await perform(world, model, { kind: "enqueue", jobs: Array.from({ length: count }, () => shape) });
}

/** An old consumer takes the first message. */
async function consumeFirst(outcome: "succeeds" | "fails" | "dies") {
  const message = world.messages.shift();
  if (message === undefined) throw new Error("there is no message");
  const attempts = await consumeAsBefore(world.asApi(TENANT).env, message.body, outcome);
  await world.clock.flush();
  return attempts;
}

function inFlight(): number {
  return rows().filter(({ released }) => released === 1).length;
}

describe("an old consumer beside a new gate", () => {
  const begin = () => {
    world = new World(1);
    model = new Model(world);
  };

  it("ends its jobs once, and the gate gives their slots to those that wait", async () => {
    begin();
    await enqueue(LIMITS.concurrency * 2);
    const { body } = world.messages[0] ?? {};
    const attempts = await consumeFirst("succeeds");
    expect(attempts).toHaveLength(LIMITS.concurrency);
    expect(rows().filter(({ state }) => state === "succeeded")).toHaveLength(LIMITS.concurrency);
    expect(inFlight()).toBe(LIMITS.concurrency);
    // The same message once more, to whichever version.
    if (body === undefined) throw new Error("there is no message");
    expect(await consumeAsBefore(world.asApi(TENANT).env, body, "succeeds")).toEqual([]);
    world.messages.push({ queue: "sluice-jobs", body });
    await runEverything();
    expect(rows().map(({ state, attempt }) => [state, attempt])).toEqual(rows().map(() => ["succeeded", 1]));
    expect(inFlight()).toBe(0);
  });

  it("leaves what fails to the gate, which has it tried again by whoever comes", async () => {
    begin();
    await enqueue(1);
    await consumeFirst("fails");
    expect(rows()).toMatchObject([{ state: "retrying", attempt: 1, failures: 1, released: 0 }]);
    await world.advance(1_500);
    await consumeFirst("succeeds");
    expect(rows()).toMatchObject([{ state: "succeeded", attempt: 2, failures: 1 }]);
  });

  it("dies with its jobs, which run again, alone, in a new one: nothing is counted", async () => {
    await quietly(async () => {
      begin();
      await enqueue(2);
      await consumeFirst("dies");
      await runEverything();
      expect(rows()).toMatchObject([
        { state: "succeeded", attempt: 2, isolated: 1, crashes: 0 },
        { state: "succeeded", attempt: 2, isolated: 1, crashes: 0 },
      ]);
    });
  });

  it("does not see who must run alone: by a message of before it takes such a job, and what is lost then counts", async () => {
    await quietly(async () => {
      begin();
      await enqueue(1);
      const before = world.messages[0];
      if (before === undefined) throw new Error("there is no message");
      await consumeFirst("dies");
      await world.advance(61_000);
      expect(rows()).toMatchObject([{ state: "queued", isolated: 1, crashes: 0 }]);
      world.messages.unshift(before);
      expect(await consumeFirst("dies")).toHaveLength(1);
      await runEverything();
      expect(rows()).toMatchObject([{ state: "succeeded", attempt: 3, crashes: 1 }]);
    });
  });

  it("tells nobody of the ends of its jobs, nor does the gate afterwards", async () => {
    begin();
    await enqueue(1, { ...PLAIN, callback: "both" });
    await consumeFirst("succeeds");
    await runEverything();
    expect(rows()).toMatchObject([{ state: "succeeded", parent_id: null }]);
  });

  it("has the gate tell of a job whose lease it has lost, and that nobody may try again", async () => {
    await quietly(async () => {
      begin();
      await enqueue(1, { ...PLAIN, callback: "both" });
      await consumeFirst("dies");
      await perform(world, model, { kind: "cancel", pick: 0 });
      await world.advance(61_000);
      expect(rows()).toMatchObject([{ state: "cancelled" }, { type: CALLBACK_TYPE, parent_id: rows()[0]?.id }]);
    });
  });

  it.each<[string, Action]>([
    ["a pause", { kind: "queue", queue: "a", change: "pause" }],
    ["a suspension", { kind: "suspend", told: true }],
  ])("starts nothing that %s has called back", async (_, change) => {
    begin();
    await enqueue(2);
    await perform(world, model, change);
    await world.advance(100);
    expect(await consumeFirst("succeeds")).toEqual([]);
    expect(rows()).toMatchObject([{ state: "queued", released: 0 }, { state: "queued" }]);
  });

  it("keeps no later job from a unique key, though it does not know of them", async () => {
    begin();
    const unique = { ...PLAIN, unique: { key: "one", ms: null } };
    await enqueue(1, unique);
    await enqueue(1, unique);
    expect(rows()).toHaveLength(1);
    await consumeFirst("succeeds");
    await enqueue(1, unique);
    expect(rows()).toMatchObject([{ state: "succeeded" }, { state: "queued" }]);
  });
});

describe("a new consumer beside an old gate", () => {
  it("runs the jobs that the old gate stores", async () => {
    world = new World(1);
    const [first = "", second = "", third = ""] = ids;
    await insertAsBefore(world.asApi(TENANT).env, TENANT, [first, second, third], 2);
    world.messages.push({ queue: "sluice-jobs", body: { v: 1, tenantId: TENANT, jobIds: [first, second] } });
    await world.deliver([0]);
    for (const run of world.running) run.end("succeeds");
    await world.advance(0);
    expect(rows().map(({ state }) => state)).toEqual(["succeeded", "succeeded", "queued"]);
    // The gate that comes after it finds the one that waits.
    await runEverything();
    expect(rows().map(({ state, attempt }) => [state, attempt])).toEqual(rows().map(() => ["succeeded", 1]));
  });

  it("runs alone what the old gate has counted as crashed", async () => {
    world = new World(1);
    const [first = "", second = ""] = ids;
    await insertAsBefore(world.asApi(TENANT).env, TENANT, [first, second], 2);
    world.sqlite.prepare("UPDATE jobs SET crashes = 1 WHERE id = ?").run(first);
    world.messages.push({ queue: "sluice-jobs", body: { v: 1, tenantId: TENANT, jobIds: [first, second] } });
    await world.deliver([0]);
    expect(rows().map(({ state }) => state)).toEqual(["queued", "running"]);
    world.messages.push({ queue: "sluice-isolated", body: { v: 1, tenantId: TENANT, jobIds: [first] } });
    await world.deliver([0]);
    expect(rows().map(({ state }) => state)).toEqual(["running", "running"]);
  });
});
