import * as fc from "fast-check";
import { describe, it } from "vitest";
import { histories, MIXES } from "./histories.ts";
import { live } from "./live.ts";
import { quietly } from "./quiet.ts";

const HISTORIES = Number(process.env["SLUICE_HISTORIES"] ?? 150);
const SEED = Number(process.env["SLUICE_SEED"] ?? Date.now() % 1_000_000_007);

/** Tests the invariants in this mix's share of the histories. */
export function holdIn(mix: keyof typeof MIXES): void {
  const numRuns = Math.ceil(HISTORIES / Object.keys(MIXES).length);
  describe(`whatever happens: ${mix}`, () => {
    it("holds every invariant, loses nothing and leaks nothing", { timeout: 900_000 }, async () => {
      console.log(`${numRuns} histories of ${mix}, SLUICE_SEED=${SEED}`);
      const property = fc.asyncProperty(histories(mix), ([actions, seed]) => live(actions, seed));
      await quietly(() =>
        fc.assert(property, { numRuns, seed: SEED, interruptAfterTimeLimit: 600_000, markInterruptAsFailure: true }),
      );
    });
  });
}
