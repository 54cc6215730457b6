import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTerminal } from "../../src/domain/job.ts";
import { type Action, action, perform } from "./actions.ts";
import { Model, type Row } from "./model.ts";
import { LIMITS, World } from "./world.ts";

const RUNS = Number(process.env["SLUICE_HISTORIES"] ?? 300);
const SEED = Number(process.env["SLUICE_SEED"] ?? Date.now() % 1_000_000_007);

/** Lets everything go well from now on, until every job has ended. */
async function heal(world: World, model: Model): Promise<void> {
  world.decide = () => "none";
  await world.advance(61_000);
  for (let round = 0; round < 60; round++) {
    const rows = world.sqlite.prepare("SELECT * FROM jobs").all() as unknown as Row[];
    if (rows.every(({ state }) => isTerminal(state))) return;
    await world.cron();
    while (world.messages.length > 0) {
      await world.deliver(world.messages.map((_, index) => index));
      for (const run of [...world.running]) run.end("succeeds");
      await world.advance(10);
    }
    await world.advance(round < 20 ? 61_000 : 3_700_000);
    expect(model.violations(world.sqlite)).toEqual([]);
  }
  const left = world.sqlite
    .prepare("SELECT id, state, released, due_at, ready_at, crashes FROM jobs WHERE finished_at IS NULL")
    .all();
  expect(left, "jobs that never end").toEqual([]);
}

/** No slot and no place of the backlog has leaked: as many jobs as ever are admitted, and as many are released. */
async function expectNothingLeaked(world: World, model: Model): Promise<void> {
  const jobs = Array.from({ length: LIMITS.backlog + LIMITS.concurrency }, () => PLAIN);
  await perform(world, model, { kind: "enqueue", jobs });
  await world.advance(2_000);
  // A gate that has had no reason to look since a fault turns the first caller away, and looks.
  await perform(world, model, { kind: "repeat all", count: jobs.length });
  const held = world.sqlite.prepare("SELECT count(*) AS n FROM jobs WHERE released = 1").get() as { n: number };
  expect(held.n).toBe(LIMITS.concurrency);
  const all = world.sqlite.prepare("SELECT count(*) AS n FROM jobs WHERE finished_at IS NULL").get() as { n: number };
  expect(all.n).toBe(jobs.length);
}

const PLAIN = { delayMs: null, expireMs: null, queue: "a", priority: 5, maxAttempts: 1 };

async function live(actions: readonly Action[], seed: number): Promise<void> {
  const world = new World(seed);
  const model = new Model();
  const quiet = silence();
  try {
    for (const one of actions) {
      await perform(world, model, one);
      expect(model.violations(world.sqlite), `after ${JSON.stringify(one)}`).toEqual([]);
      expect(world.overlaps, "jobs that ran twice at a time").toEqual([]);
    }
    await heal(world, model);
    // A settle that was lost is made up for by the next alarm, within an hour.
    await world.advance(3_700_000);
    await expectNothingLeaked(world, model);
  } finally {
    world.close();
    quiet();
  }
}

/** Faults are logged: here they are the point. */
function silence(): () => void {
  const { info, warn, error } = console;
  Object.assign(console, { info: () => {}, warn: () => {}, error: () => {} });
  return () => void Object.assign(console, { info, warn, error });
}

describe("whatever happens", () => {
  it(`loses no job, ends each once, runs none twice at a time and leaks nothing (${RUNS} histories)`, async () => {
    console.log(`histories: SLUICE_SEED=${SEED}`);
    await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 40, size: "max" }), fc.nat(), live), {
      numRuns: RUNS,
      seed: SEED,
    });
  }, 600_000);
});
