import * as fc from "fast-check";
import { describe, it } from "vitest";
import { histories, live, MIXES } from "./histories.ts";
import { quietly } from "./quiet.ts";

const HISTORIES = Number(process.env["SLUICE_HISTORIES"] ?? 150);
const SEED = Number(process.env["SLUICE_SEED"] ?? Date.now() % 1_000_000_007);
const KINDS = Object.keys(MIXES) as (keyof typeof MIXES)[];

describe("whatever happens", () => {
  it.each(KINDS)("holds every invariant, loses nothing and leaks nothing: %s", { timeout: 900_000 }, async (mix) => {
    const numRuns = Math.ceil(HISTORIES / KINDS.length);
    console.log(`${numRuns} histories of ${mix}, SLUICE_SEED=${SEED}`);
    const property = fc.asyncProperty(histories(mix), ([actions, seed]) => live(actions, seed));
    await quietly(() =>
      fc.assert(property, { numRuns, seed: SEED, interruptAfterTimeLimit: 600_000, markInterruptAsFailure: true }),
    );
  });
});
