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

/** A day in the life of a gate and its consumers: everything that they do is in it. */
const DAY: readonly Action[] = [
  { kind: "enqueue", jobs: [job(), job({ queue: "b" }), job({ delayMs: 1_000 })] },
  { kind: "enqueue", jobs: [job(), job(), job({ expireMs: 5_000 })] },
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

/** Lives that day with one fault at its `at`-th call; returns how many calls there were. */
async function liveThrough(fault: Fault, at: number): Promise<number> {
  const world = new World(1);
  const model = new Model(world);
  let calls = 0;
  try {
    world.decide = () => (calls++ === at ? fault : "none");
    for (const action of DAY) {
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

const FAULTS: readonly (readonly [name: string, fault: Fault])[] = [
  ["dies before", "dies before"],
  ["dies after", "dies after"],
  ["fails before", "fails before"],
  ["fails after", "fails after"],
  ["never answers", "never answers"],
  ["comes late within the deadline", { lateMs: 2_000 }],
  ["comes late past the deadline", { lateMs: 8_000 }],
  ["comes late past the lease", { lateMs: 90_000 }],
  ["is dead when its call comes late", { lateMs: 8_000, dies: true }],
];

describe("a fault at any call that a gate or a consumer makes", () => {
  it.each(FAULTS)("loses, doubles and leaks nothing: %s", { timeout: 120_000 }, async (_, fault) => {
    await quietly(async () => {
      const calls = await liveThrough("none", 0);
      expect(calls).toBeGreaterThan(60);
      for (let at = 0; at < calls; at++) {
        await liveThrough(fault, at).catch((error: unknown) => {
          throw new Error(`at call ${at} of ${calls}: ${String(error)}`, { cause: error });
        });
      }
    });
  });
});
