import { describe, expect, it } from "vitest";
import { type Action, perform } from "./actions.ts";
import { heal } from "./heal.ts";
import { Model } from "./model.ts";
import type { Fault } from "./process.ts";
import { quietly } from "./quiet.ts";
import { World } from "./world.ts";

const job = (options: object = {}) => ({
  delayMs: null,
  expireMs: null,
  queue: "a",
  priority: 5,
  maxAttempts: 2,
  ...options,
});

/** A day in the life of a gate and its consumers. */
const JOBS: readonly Action[] = [
  {
    kind: "enqueue",
    jobs: [job({ callback: "both" }), job({ queue: "b" }), job({ delayMs: 1_000, callback: "both" })],
  },
  { kind: "enqueue", jobs: [job({ callback: "failure" }), job(), job({ expireMs: 5_000, callback: "both" })] },
  { kind: "deliver", picks: [0, 1, 2], again: true },
  { kind: "end", pick: 0, outcome: "fails" },
  { kind: "end", pick: 0, outcome: "succeeds" },
  { kind: "cancel", pick: 3 },
  { kind: "advance", ms: 6_000 },
  { kind: "deliver", picks: [0, 1, 2, 3], again: false },
  { kind: "end", pick: 0, outcome: "fails for good" },
  { kind: "run now", pick: 0 },
  { kind: "kill consumer", pick: 0 },
  { kind: "advance", ms: 61_000 },
  { kind: "deliver", picks: [0], again: false },
  { kind: "end", pick: 0, outcome: "succeeds" },
  { kind: "cron" },
];

/** What is set and done beside jobs: limits of queues, schedules, replays, the suspension of the tenant. */
const SETTINGS: readonly Action[] = [
  { kind: "queue", queue: "a", change: { concurrency: 1, rate: { limit: 2, periodMs: 10_000 } } },
  { kind: "schedule", name: "first", change: { cron: "*/30 * * * * *", overlap: "skip", missed: "runOnce" } },
  { kind: "enqueue", jobs: [job({ unique: { key: "one", ms: null } }), job(), job({ queue: "b", maxAttempts: 1 })] },
  { kind: "deliver all" },
  { kind: "queue", queue: "b", change: "pause" },
  { kind: "enqueue", jobs: [job({ unique: { key: "one", ms: null } }), job({ queue: "b" })] },
  { kind: "end", pick: 0, outcome: "succeeds" },
  { kind: "end", pick: 0, outcome: "fails for good" },
  { kind: "advance", ms: 31_000 },
  { kind: "replay", queue: "b", perSecond: 1 },
  { kind: "suspend", told: true },
  { kind: "queue", queue: "b", change: "resume" },
  { kind: "resume", told: true },
  { kind: "deliver all" },
  { kind: "end", pick: 0, outcome: "succeeds" },
  { kind: "cron" },
  { kind: "schedule", name: "first", change: "pause" },
  { kind: "advance", ms: 6_000 },
];

const flow = (options: object = {}) => job({ flow: { steps: 1, undo: true, children: 0, grouped: false, ...options } });

/** What follows on the ends of jobs: chains, children and groups, by whoever ends them. */
const FLOWS: readonly Action[] = [
  { kind: "enqueue", group: "continue", jobs: [flow({ steps: 2 }), job(), flow({ children: 2, grouped: true })] },
  { kind: "deliver all" },
  { kind: "end", pick: 0, outcome: "succeeds" },
  { kind: "end", pick: 0, outcome: "fails for good" },
  { kind: "end", pick: 0, outcome: "succeeds" },
  { kind: "advance", ms: 1_000 },
  { kind: "deliver all" },
  { kind: "end", pick: 0, outcome: "succeeds" },
  { kind: "end", pick: 0, outcome: "fails for good" },
  { kind: "end", pick: 0, outcome: "succeeds" },
  {
    kind: "enqueue",
    group: "stop",
    jobs: [flow({ callback: "both" }), job({ delayMs: 60_000 }), flow({ children: 1 })],
  },
  { kind: "deliver all" },
  { kind: "cancel", pick: 3 },
  { kind: "end", pick: 0, outcome: "fails for good" },
  { kind: "advance", ms: 6_000 },
  { kind: "kill consumer", pick: 0 },
  { kind: "enqueue", group: "continue", jobs: [flow({ steps: 0 }), job({ delayMs: 60_000 })] },
  { kind: "cancel group", pick: 2 },
  { kind: "advance", ms: 61_000 },
  { kind: "deliver all" },
  { kind: "end", pick: 0, outcome: "succeeds" },
  { kind: "cron" },
];

/** Lives through a day with one fault at its `at`-th call; returns how many calls there were. */
async function liveThrough(day: readonly Action[], fault: Fault, at: number): Promise<number> {
  const world = new World(1);
  const model = new Model(world);
  let calls = 0;
  try {
    world.decide = () => (calls++ === at ? fault : "none");
    for (const action of day) {
      await perform(world, model, action);
      expect(model.violations()).toEqual([]);
    }
    const made = calls;
    await heal(world, model);
    return made;
  } finally {
    world.close();
  }
}

type Named = readonly [name: string, fault: Fault];

const FAULTS: readonly Named[] = [
  ["dies before", "dies before"],
  ["dies after", "dies after"],
  ["fails after", "fails after"],
  ["never answers", "never answers"],
  ["comes late past the deadline", { lateMs: 8_000 }],
];
const MORE_FAULTS: readonly Named[] = [
  ["fails before", "fails before"],
  ["comes late within the deadline", { lateMs: 2_000 }],
  ["comes late past the lease", { lateMs: 90_000 }],
  ["is dead when its call comes late", { lateMs: 8_000, dies: true }],
];

describe.each([
  { name: "of jobs", day: JOBS, faults: [...FAULTS, ...MORE_FAULTS] },
  { name: "of settings", day: SETTINGS, faults: FAULTS },
  { name: "of flows", day: FLOWS, faults: [...FAULTS, ...MORE_FAULTS] },
])("a fault at any call on a day $name", ({ day, faults }) => {
  it.each(faults)("loses, doubles and leaks nothing: %s", { timeout: 120_000 }, async (_, fault) => {
    await quietly(async () => {
      const calls = await liveThrough(day, "none", 0);
      expect(calls).toBeGreaterThan(60);
      for (let at = 0; at < calls; at++) {
        await liveThrough(day, fault, at).catch((error: unknown) => {
          throw new Error(`at call ${at} of ${calls}: ${String(error)}`, { cause: error });
        });
      }
    });
  });
});
