import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { perform } from "./actions.ts";
import { withFault } from "./faults.ts";
import type { Row } from "./job-model.ts";
import { Model } from "./model.ts";
import { quietly } from "./quiet.ts";
import { LIMITS, TENANT, World } from "./world.ts";

const JOB = { delayMs: null, expireMs: null, queue: "a", priority: 5, maxAttempts: 1 };
const enqueue = (jobs: number) => ({ kind: "enqueue", jobs: Array.from({ length: jobs }, () => JOB) }) as const;

let world: World;
let model: Model;

beforeEach(() => {
  world = new World(1);
  model = new Model(world);
});

afterEach(() => world.close());

function rows(): Row[] {
  return world.sqlite.prepare("SELECT * FROM jobs ORDER BY id").all() as unknown as Row[];
}

describe("a settle that is lost, and the alarm after it", () => {
  it("take no place for good: who is turned away has the gate look", async () => {
    await quietly(async () => {
      await perform(world, model, enqueue(1));
      await world.deliver([0]);
      world.decide = (_, call) => (call === "settle" ? "fails before" : "none");
      for (const run of world.running) run.end("succeeds");
      await world.advance(30_000);
      expect(rows()).toMatchObject([{ state: "succeeded" }]);
      world.loseAlarm(TENANT);
      await world.advance(600_000);
      const most = LIMITS.backlog + LIMITS.concurrency;
      await perform(world, model, enqueue(most));
      expect(rows()).toHaveLength(1);
      await world.advance(2_000);
      await perform(world, model, { kind: "repeat all", count: most });
      expect(rows().filter(({ released }) => released === 1)).toHaveLength(LIMITS.concurrency);
      expect(rows()).toHaveLength(1 + most);
    });
  });
});

describe("a read that is lost while a gate starts", () => {
  it.each([0, 1, 2, 3, 4, 5])("has it admit nothing for a suspended tenant: after %i reads", async (after) => {
    await quietly(async () => {
      await perform(world, model, { kind: "suspend", told: true });
      world.decide = withFault({ on: "gate read", fault: "fails before", after, calls: 1 }, world.decide);
      await perform(world, model, enqueue(1));
      await world.advance(5_000);
      expect(rows()).toEqual([]);
    });
  });
});
