import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineBatchHandler } from "../../src/domain/batch-handler.ts";
import { defineHandler } from "../../src/domain/handler.ts";
import { type AnyHandler, createRegistry } from "../../src/domain/registry.ts";
import { perform } from "./actions.ts";
import type { Row } from "./job-model.ts";
import { Model } from "./model.ts";
import type { Fault } from "./process.ts";
import { quietly } from "./quiet.ts";
import { TENANT, World } from "./world.ts";

const JOB = { delayMs: null, expireMs: null, queue: "a", priority: 5, maxAttempts: 3 };
const STEPS = ["first", "second", "left", "right"] as const;

type StagedRow = Row & { readonly result: string | null; readonly steps: string | null };

/** What has run, as `job/step`, and what should not have. */
interface Seen {
  readonly ran: string[];
  readonly again: string[];
}

function rows(world: World): StagedRow[] {
  return world.sqlite.prepare("SELECT * FROM jobs ORDER BY id").all() as unknown as StagedRow[];
}

/** Two steps, one after the other, and two beside each other. */
function staged(world: World, { ran, again }: Seen): AnyHandler {
  return defineHandler({
    type: "work",
    input: z.unknown(),
    timeout: "30s",
    run: async (_, { jobId, step }) => {
      const isStored = (name: string) => name in JSON.parse(rows(world).find(({ id }) => id === jobId)?.steps ?? "{}");
      const stage = (name: string) => {
        const before = isStored(name);
        return step(name, () => {
          if (before) again.push(`${jobId}/${name}`);
          ran.push(`${jobId}/${name}`);
          return name;
        });
      };
      const inTurn = [await stage(STEPS[0]), await stage(STEPS[1])];
      return [...inTurn, ...(await Promise.all([stage(STEPS[2]), stage(STEPS[3])]))];
    },
  });
}

/** All jobs that are claimed together; each is to be answered. */
function together(_: World, { ran }: Seen): AnyHandler {
  return defineBatchHandler({
    type: "work",
    input: z.unknown(),
    run: (jobs) =>
      jobs.map(({ jobId }) => {
        for (const name of STEPS) ran.push(`${jobId}/${name}`);
        return STEPS;
      }),
  });
}

/** Runs three jobs with one fault at the `at`-th call, then lets everything go well; returns how many calls there were. */
async function liveThrough(handler: typeof staged, fault: Fault, at: number): Promise<number> {
  const world = new World(1);
  const model = new Model(world);
  const seen: Seen = { ran: [], again: [] };
  world.handlers.registry = () => createRegistry([handler(world, seen)]);
  let calls = 0;
  try {
    world.decide = () => (calls++ === at ? fault : "none");
    await perform(world, model, { kind: "enqueue", jobs: [JOB, JOB, JOB] });
    await world.deliver(world.messages.map((_, index) => index));
    await world.advance(10_000);
    const made = calls;
    world.decide = () => "none";
    for (let round = 0; round < 20; round++) {
      await world.cron();
      await world.deliver(world.messages.map((_, index) => index));
      await world.advance(60_000);
    }
    for (const { id, state, released, result, crashes } of rows(world)) {
      expect({ state, released, crashes, result }).toEqual({
        state: "succeeded",
        released: 0,
        crashes: 0,
        result: JSON.stringify(STEPS),
      });
      for (const name of STEPS) expect(seen.ran).toContain(`${id}/${name}`);
    }
    expect(seen.again).toEqual([]);
    expect(world.sqlite.prepare("SELECT count(*) AS n FROM jobs WHERE tenant_id <> ?").get(TENANT)).toEqual({ n: 0 });
    return made;
  } finally {
    world.close();
  }
}

describe.each([
  { name: "with steps", handler: staged, least: 10 },
  { name: "of a batch handler", handler: together, least: 5 },
])("a fault at any call of jobs $name", ({ handler, least }) => {
  it.each<[string, Fault]>([
    ["dies before", "dies before"],
    ["dies after", "dies after"],
    ["fails before", "fails before"],
    ["fails after", "fails after"],
    ["never answers", "never answers"],
    ["comes late within the deadline", { lateMs: 2_000 }],
    ["comes late past the deadline", { lateMs: 8_000 }],
    ["comes late past the lease", { lateMs: 90_000 }],
    ["is dead when its call comes late", { lateMs: 8_000, dies: true }],
  ])("loses none, and does nothing again that was stored: %s", { timeout: 60_000 }, async (_, fault) => {
    await quietly(async () => {
      const calls = await liveThrough(handler, "none", -1);
      expect(calls).toBeGreaterThan(least);
      for (let at = 0; at < calls; at++) {
        await liveThrough(handler, fault, at).catch((error: unknown) => {
          throw new Error(`at call ${at} of ${calls}: ${String(error)}`, { cause: error });
        });
      }
    });
  });
});
