import assert from "node:assert/strict";
import { TenantSchedules } from "../../src/api/tenant-schedules.ts";
import { isTerminal } from "../../src/domain/job.ts";
import { perform } from "./actions.ts";
import type { Model } from "./model.ts";
import { changeQueue, suspend } from "./settings-changes.ts";
import { TENANTS, type World } from "./world.ts";

const PLAIN = { delayMs: null, expireMs: null, queue: "a", priority: 5, maxAttempts: 1 };
const MINUTE = 60_000;
/** No released job is left unsent longer, and no alarm is later: what was lost is made up for by then. */
const HOUR = 3_600_000;

/** Lets everything go well from now on, until every job has ended; then nothing may have leaked. */
export async function heal(world: World, model: Model): Promise<void> {
  world.decide = () => "none";
  await world.advance(2 * MINUTE);
  // Their gates are not told: the cron trigger sees to it.
  for (const tenant of TENANTS.keys()) void suspend(world, model, tenant, { kind: "resume", told: false });
  await world.clock.flush();
  await liftLimits(world, model);
  await letTick(world, model);
  for (let round = 0; round < 60 && isBusy(world, model); round++) {
    await goOn(world, model, round < 20 ? MINUTE : HOUR);
  }
  assert.equal(isBusy(world, model), false, "jobs or plans that never end");
  assert.deepEqual(model.replayViolations(), []);
  await world.advance(HOUR);
  for (const tenant of TENANTS.keys()) await expectNothingLeaked(world, model, tenant);
}

async function goOn(world: World, model: Model, ms: number): Promise<void> {
  await world.cron();
  for (let deliveries = 1; world.messages.length > 0; deliveries++) {
    assert.ok(deliveries < 1_000, "messages that come again and again");
    await world.deliver(world.messages.map((_, index) => index));
    for (const run of world.running) run.end("succeeds");
    await world.advance(10);
  }
  await world.advance(ms);
  assert.deepEqual(model.violations(), []);
}

async function liftLimits(world: World, model: Model): Promise<void> {
  const queues = world.sqlite.prepare("SELECT tenant_id, name FROM queues").all();
  for (const { tenant_id, name } of queues) {
    // A gate that has had no reason to look since a fault turns the first caller away, and looks.
    const replies: boolean[] = [];
    for (let tries = 0; tries < 3 && !replies.includes(true); tries++) {
      const change = changeQueue(world, model, String(tenant_id), String(name), { concurrency: null, rate: null });
      void change.then((isInForce) => replies.push(isInForce));
      await world.advance(2_000);
    }
    assert.ok(replies.includes(true), "limits that could not be changed");
  }
}

/** From now on each schedule's ticks come in time; then there are no more schedules, so that all jobs can end. */
async function letTick(world: World, model: Model): Promise<void> {
  const schedules = world.sqlite.prepare("SELECT tenant_id, name FROM schedules").all();
  if (schedules.length === 0) return;
  await goOn(world, model, MINUTE);
  model.ticks.wellFrom = world.clock.now;
  for (let round = 0; round < 2; round++) await goOn(world, model, MINUTE);
  const overdue = world.sqlite.prepare("SELECT name FROM schedules WHERE next_at < ?").all(world.clock.now);
  assert.deepEqual(overdue, [], "ticks that never come");
  for (const { tenant_id, name } of schedules) {
    void new TenantSchedules(world.asApi(String(tenant_id)), String(tenant_id)).delete(String(name));
    await world.clock.flush();
  }
}

function isBusy(world: World, model: Model): boolean {
  const plan = world.sqlite.prepare("SELECT id FROM plans WHERE state = 'running'").get();
  return plan !== undefined || [...TENANTS.keys()].some((tenant) => unfinished(model, tenant).length > 0);
}

function unfinished(model: Model, tenant: string) {
  return model.rows(tenant).filter(({ state }) => !isTerminal(state));
}

/** No slot and no place in the backlog: as many jobs as ever are admitted, and as many are released. */
async function expectNothingLeaked(world: World, model: Model, tenant: string): Promise<void> {
  const { backlog = 0, concurrency = 0 } = TENANTS.get(tenant) ?? {};
  const jobs = Array.from({ length: backlog + concurrency }, () => PLAIN);
  await perform(world, model, { kind: "enqueue", tenant, jobs });
  await world.advance(2_000);
  await perform(world, model, { kind: "repeat all", tenant, count: jobs.length });
  await world.advance(10);
  const left = unfinished(model, tenant);
  assert.equal(left.filter(({ released }) => released === 1).length, concurrency, "slots that are free in the end");
  assert.equal(left.length, jobs.length, "jobs that are admitted in the end");
}
