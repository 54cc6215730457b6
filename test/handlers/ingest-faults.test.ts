import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { eventsIngest } from "../../src/handlers/events-ingest.ts";
import { consume, enqueueUnsent, packed } from "../support/consume.ts";
import { faultyCalls } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { bringBack, makeTables, windows } from "../support/ingest.ts";
import { someReadings, windowsOf } from "../support/readings.ts";
import { statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const MINUTE = 60_000;
const JOBS = 60;
const CLAIM = "attempt = attempt + 1";
/** The transaction of the handler, and what ends its jobs; with a fault, the same again, and looking what has become of it. */
const CALLS = [1, 2, 3, 4];

beforeAll(makeTables);

afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ["once, before it is run", "before", false],
  ["once, after it is run", "after", false],
  ["from then on, before they are run", "before", true],
  ["from then on, after they are run", "after", true],
] as const)("readings are counted once when a call of D1 fails %s", async (_, fault, forGood) => {
  for (const failing of CALLS) {
    const { id: tenantId } = await createTenant({ concurrency: 1_000 });
    const readings = someReadings(JOBS, { seed: failing });
    const drafts = readings.map((reading) =>
      draft({ type: "events.ingest", payload: JSON.stringify({ readings: [reading] }), maxAttempts: 10 }),
    );
    const message = await enqueueUnsent(tenantId, drafts);
    let calls = 0;
    const faulty = faultyCalls((call) => {
      calls = call;
      return (forGood ? call >= failing : call === failing) ? fault : undefined;
    }, CLAIM);
    await withoutPauses(
      consume([eventsIngest({ database: () => faulty })], packed(message), { bindings: { DB: faulty } }),
    );
    if (failing <= 2) expect(calls).toBeGreaterThanOrEqual(failing);
    // A job that has failed runs with fewer others each time.
    for (let attempt = 2; attempt <= 4; attempt++) {
      await bringBack(message);
      await consume([eventsIngest({ database: () => env.DB })], packed(message));
    }
    expect(await statesOf(tenantId)).toEqual({ succeeded: JOBS });
    expect(await windows(tenantId)).toEqual(windowsOf(readings, MINUTE));
  }
});

/** Lets the pauses between tries pass at once. */
async function withoutPauses(work: Promise<unknown>): Promise<void> {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const ended = work.then(() => "ended");
  while ((await Promise.race([ended, secondPassed()])) !== "ended");
  vi.useRealTimers();
}

async function secondPassed(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1_000);
  await scheduler.wait(1);
}
