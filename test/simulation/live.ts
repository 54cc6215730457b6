import assert from "node:assert/strict";
import { type Action, perform } from "./actions.ts";
import { heal } from "./heal.ts";
import { Model } from "./model.ts";
import { World } from "./world.ts";

/** Lives through a history, and holds the invariants against the database after every event of it. */
export async function live(actions: readonly Action[], seed: number): Promise<void> {
  const world = new World(seed);
  const model = new Model(world);
  try {
    for (const action of actions) {
      await perform(world, model, action);
      assert.deepEqual(model.violations(), [], `after ${JSON.stringify(action)}`);
    }
    await heal(world, model);
  } finally {
    world.close();
  }
}
