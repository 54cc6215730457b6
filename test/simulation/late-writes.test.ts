import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { perform } from "./actions.ts";
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

/** The next write of the kind comes so much later; nothing else is touched. */
function delayNext(kind: "gate" | "consumer", ms: number): void {
  let delayed = false;
  world.decide = (process, call, statements) => {
    const isWrite = call === "D1" && statements.some((sql) => /^\s*(INSERT|UPDATE)/.test(sql));
    if (delayed || !isWrite || !process.name.startsWith(kind)) return "none";
    delayed = true;
    return { lateMs: ms };
  };
}

function rows(): Row[] {
  return world.sqlite.prepare("SELECT * FROM jobs ORDER BY id").all() as unknown as Row[];
}

/** All of the tenant's slots are taken by jobs that run. */
async function fill(): Promise<void> {
  await perform(world, model, enqueue(LIMITS.concurrency));
  await world.deliver(world.messages.map((_, index) => index));
}

describe("a write that comes late", () => {
  it("stores nothing once its deadline has passed: the slots are others' by then", async () => {
    await quietly(async () => {
      await perform(world, model, enqueue(1));
      await world.deliver([0]);
      for (const run of world.running) run.end("succeeds");
      await world.advance(100);
      delayNext("gate", 20_000);
      await perform(world, model, enqueue(1));
      await world.advance(9_000);
      await fill();
      expect(rows().filter(({ released }) => released === 1)).toHaveLength(LIMITS.concurrency);
      await world.advance(15_000);
      expect(model.violations()).toEqual([]);
    });
  });

  it("stores nothing once its gate was replaced", async () => {
    await quietly(async () => {
      await perform(world, model, enqueue(1));
      await world.deliver([0]);
      for (const run of world.running) run.end("succeeds");
      await world.advance(100);
      delayNext("gate", 3_000);
      await perform(world, model, enqueue(1));
      world.killGate(TENANT);
      await fill();
      expect(rows().filter(({ released }) => released === 1)).toHaveLength(LIMITS.concurrency);
      await world.advance(4_000);
      expect(model.violations()).toEqual([]);
    });
  });

  it("ends no attempt but its own", async () => {
    await quietly(async () => {
      await perform(world, model, enqueue(1));
      await world.deliver([0]);
      delayNext("consumer", 70_000);
      const [first] = world.running;
      first?.end("succeeds");
      // Its Worker is gone; only its write is still on its way.
      await world.advance(0);
      for (const process of world.consumers) process.kill();
      await world.advance(61_000);
      await world.deliver([0]);
      expect(rows()).toMatchObject([{ state: "running", attempt: 2, isolated: 1, crashes: 0 }]);
      await world.advance(15_000);
      expect(rows()).toMatchObject([{ state: "running", attempt: 2 }]);
      for (const run of world.running) run.end("fails for good");
      await world.advance(100);
      expect(rows()).toMatchObject([{ state: "failed", attempt: 2 }]);
    });
  });
});
