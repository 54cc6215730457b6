import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Action, action, perform } from "./actions.ts";
import { heal } from "./heal.ts";
import { Model } from "./model.ts";
import { quietly } from "./quiet.ts";
import { World } from "./world.ts";

const HISTORIES = Number(process.env["SLUICE_HISTORIES"] ?? 150);
const SEED = Number(process.env["SLUICE_SEED"] ?? Date.now() % 1_000_000_007);

async function live(actions: readonly Action[], seed: number): Promise<void> {
  const world = new World(seed);
  const model = new Model();
  try {
    for (const one of actions) {
      await perform(world, model, one);
      expect(model.violations(world.sqlite), `after ${JSON.stringify(one)}`).toEqual([]);
      expect(world.overlaps, "jobs that ran twice at a time").toEqual([]);
    }
    await heal(world, model);
  } finally {
    world.close();
  }
}

describe("whatever happens", () => {
  it("loses no job, ends each once, runs none twice at a time and leaks nothing", { timeout: 900_000 }, async () => {
    console.log(`${HISTORIES} histories, SLUICE_SEED=${SEED}`);
    const history = fc.array(action, { minLength: 1, maxLength: 40, size: "max" });
    const property = fc.asyncProperty(history, fc.nat(), live);
    await quietly(() =>
      fc.assert(property, {
        numRuns: HISTORIES,
        seed: SEED,
        interruptAfterTimeLimit: 600_000,
        markInterruptAsFailure: true,
      }),
    );
  });
});
