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
  callback: false,
  ...options,
});

/** A day in the life of a gate and its consumers: everything that they do is in it. */
const DAY: readonly Action[] = [
  { kind: "enqueue", jobs: [job({ callback: true }), job({ queue: "b" }), job({ delayMs: 1_000, callback: true })] },
  { kind: "enqueue", jobs: [job({ callback: true }), job(), job({ expireMs: 5_000, callback: true })] },
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
  const model = new Model();
  let calls = 0;
  try {
    world.decide = () => (calls++ === at ? fault : "none");
    for (const action of DAY) {
      await perform(world, model, action);
      expect(model.violations(world.sqlite)).toEqual([]);
    }
    const made = calls;
    expect(world.overlaps).toEqual([]);
    await heal(world, model);
    return made;
  } finally {
    world.close();
  }
}

describe("a fault at any call that a gate or a consumer makes", () => {
  it.each(["dies before", "dies after", "fails before", "fails after", "never answers", "comes late"] as const)(
    "loses, doubles and leaks nothing: who makes the call %s it",
    { timeout: 120_000 },
    async (fault) => {
      await quietly(async () => {
        const calls = await liveThrough("none", 0);
        expect(calls).toBeGreaterThan(60);
        for (let at = 0; at < calls; at++) {
          await liveThrough(fault, at).catch((error: unknown) => {
            throw new Error(`at call ${at} of ${calls}: ${String(error)}`, { cause: error });
          });
        }
      });
    },
  );
});
