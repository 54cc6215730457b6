import { expect } from "vitest";
import { isTerminal } from "../../src/domain/job.ts";
import { perform } from "./actions.ts";
import type { Model, Row } from "./model.ts";
import { LIMITS, type World } from "./world.ts";

const PLAIN = { delayMs: null, expireMs: null, queue: "a", priority: 5, maxAttempts: 1, callback: false };
const MINUTE = 60_000;
/** No released job is left unsent longer, and no alarm is later: what was lost is made up for by then. */
const HOUR = 3_600_000;

/** Lets everything go well from now on, until every job has ended; then nothing may have leaked. */
export async function heal(world: World, model: Model): Promise<void> {
  world.decide = () => "none";
  // Its gate is not told: the cron trigger sees to it.
  world.suspend(false);
  await world.advance(MINUTE);
  for (let round = 0; round < 60; round++) {
    if (unfinished(world).length === 0) break;
    await world.cron();
    while (world.messages.length > 0) {
      await world.deliver(world.messages.map((_, index) => index));
      for (const run of world.running) run.end("succeeds");
      await world.advance(10);
    }
    await world.advance(round < 20 ? MINUTE : HOUR);
    expect(model.violations(world.sqlite)).toEqual([]);
  }
  expect(unfinished(world), "jobs that never end").toEqual([]);
  await world.advance(HOUR);
  await expectNothingLeaked(world, model);
}

function unfinished(world: World): Row[] {
  const rows = world.sqlite.prepare("SELECT * FROM jobs").all() as unknown as Row[];
  return rows.filter(({ state }) => !isTerminal(state));
}

/** No slot and no place in the backlog: as many jobs as ever are admitted, and as many are released. */
async function expectNothingLeaked(world: World, model: Model): Promise<void> {
  const jobs = Array.from({ length: LIMITS.backlog + LIMITS.concurrency }, () => PLAIN);
  await perform(world, model, { kind: "enqueue", jobs });
  await world.advance(2_000);
  // A gate that has had no reason to look since a fault turns the first caller away, and looks.
  await perform(world, model, { kind: "repeat all", count: jobs.length });
  await world.advance(10);
  const left = unfinished(world);
  expect(left.filter(({ released }) => released === 1)).toHaveLength(LIMITS.concurrency);
  expect(left).toHaveLength(jobs.length);
}
