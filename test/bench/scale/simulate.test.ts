import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { atLoad, BASE, type Parameters, ROWS } from "../../../bench/scale/parameters.ts";
import { DESIGNS } from "../../../bench/scale/scenarios.ts";
import { simulate } from "../../../bench/scale/simulate.ts";
import { BUFFER } from "../../../bench/scale/simulated-gate.ts";
import { readConfig } from "../../../src/config.ts";

type Part = "load" | "gate" | "d1" | "queue";
type Changes = { readonly [P in Part]?: Partial<Parameters[P]> };

/** The base, changed; twenty seconds of it. */
function changed(changes: Changes, base = BASE): Parameters {
  return {
    ...base,
    load: { ...base.load, seconds: 20, warmupSeconds: 5, ...changes.load },
    gate: { ...base.gate, ...changes.gate },
    d1: { ...base.d1, ...changes.d1 },
    queue: { ...base.queue, ...changes.queue },
  };
}

const BUSY = changed({ load: { requestsPerSecond: 150 } });
const TEXTBOOK = DESIGNS.find(({ name }) => name === "each job alone")?.parameters ?? BASE;

describe("the simulation", () => {
  it("sees the same from the same seed, and something else from another", () => {
    expect(simulate(BUSY)).toEqual(simulate(BUSY));
    expect(simulate({ ...BUSY, seed: 1 })).not.toEqual(simulate(BUSY));
  });

  describe.each(DESIGNS)("$name", ({ parameters }) => {
    it.each([5, 100, 1_000])("ends each job that comes, at %d a second", (requestsPerSecond) => {
      const seen = simulate(changed({ load: { requestsPerSecond } }, parameters));
      expect(seen.arrived).toBeGreaterThan(requestsPerSecond * 10);
      expect(seen.ended).toBe(seen.arrived);
      expect(seen.refused).toBe(0);
    });

    it("takes the sum of all times when nobody is in the way", () => {
      const calm = { load: { requestsPerSecond: 0.2, seconds: 5_000, warmupSeconds: 0 } };
      const { gate, d1, queue } = parameters;
      const write = (rows: number) => d1.roundTripMs + d1.writeMs + rows * d1.rowMs;
      const enqueue = gate.enqueueMs + write(ROWS.insert);
      const message = queue.sendMs + 1_000 / queue.messagesPerSecond;
      const seen = simulate(changed(calm, parameters));
      expect(seen.enqueue.p50).toBeCloseTo(enqueue, 6);
      expect(seen.endToEnd.p50).toBeCloseTo(enqueue + message + write(ROWS.claim) + write(ROWS.finish), 6);
      expect(seen.d1WritesPerJob).toBeCloseTo(3, 1);
    });

    it("has as many jobs in the system as come in the time that each stays (Little's law)", () => {
      const seen = simulate(changed({ load: { requestsPerSecond: 80, seconds: 120 } }, parameters));
      const expected = (seen.offered * (seen.endToEnd.mean + parameters.load.jobMs)) / 1_000;
      expect(Math.abs(seen.meanUnfinished / expected - 1)).toBeLessThan(0.03);
    });
  });

  it("keeps calls waiting at the gate as M/D/1 does", () => {
    const requestsPerSecond = 400;
    const alone = {
      load: { tenants: 1, requestsPerSecond, seconds: 200 },
      gate: { settleMs: 0 },
      d1: { writeMs: 0.1 },
    };
    const seen = simulate(changed(alone));
    const busy = (requestsPerSecond * BASE.gate.enqueueMs) / 1_000;
    // Settles wait as calls do: as long, but for those that come together.
    const expected = (busy * BASE.gate.enqueueMs) / (2 * (1 - busy));
    expect(seen.utilisation.gate).toBeCloseTo(busy, 1);
    expect(Math.abs(seen.gateWaitMs / expected - 1)).toBeLessThan(0.05);
  });

  it("keeps D1 busy for three writes and four rows a job when each job is alone", () => {
    const requestsPerSecond = 60;
    const seen = simulate(changed({ load: { requestsPerSecond, seconds: 200 } }, TEXTBOOK));
    const { writeMs, rowMs } = BASE.d1;
    expect(seen.d1WritesPerJob).toBe(3);
    expect(seen.utilisation.d1 / seen.carried).toBeCloseTo((3 * writeMs + 4 * rowMs) / 1_000, 4);
  });

  it("writes less often for each job as the load grows", () => {
    const writes = [20, 100, 400, 1_000].map(
      (load) => simulate(changed({ load: { requestsPerSecond: load } })).d1WritesPerJob,
    );
    expect(writes).toEqual(writes.toSorted((a, b) => b - a));
    expect(writes.at(-1)).toBeLessThan(0.5);
  });

  it("carries what the textbook does not, and answers sooner than without packing", () => {
    const [sluice, unpacked, , alone] = DESIGNS.map(({ parameters }) =>
      simulate(changed({ load: { requestsPerSecond: 300 } }, parameters)),
    );
    expect(sluice?.carried).toBeGreaterThan(280);
    expect(alone?.carried).toBeLessThan(110);
    expect(sluice?.enqueue.p99).toBeLessThan((unpacked?.enqueue.p99 ?? 0) / 2);
  });

  it("never has more jobs of a tenant in flight than its concurrency", () => {
    const narrow = changed({ load: { tenants: 1, requestsPerSecond: 50 }, gate: { concurrency: 1 } });
    const seen = simulate(narrow);
    const { sendMs } = BASE.queue;
    expect(seen.carried).toBeLessThan(1_000 / (sendMs + BASE.load.jobMs));
    expect(seen.ended).toBe(seen.arrived);
    // The release of a job that has waited is a write of its own.
    expect(seen.d1WritesPerJob).toBeGreaterThan(3);
  });

  it("refuses what the gate's buffer has no room for, and ends the rest", () => {
    const flood = { load: { tenants: 1, requestsPerSecond: 200, jobsPerRequest: 1_000, seconds: 2, warmupSeconds: 0 } };
    const seen = simulate(changed(flood));
    expect(seen.refused).toBeGreaterThan(0);
    expect(seen.ended + seen.refused).toBe(seen.arrived);
    expect(seen.jobsPerInsert).toBeLessThanOrEqual(BUFFER.rowsPerWrite);
  });

  it("sends no more messages than the Queue takes", () => {
    const seen = simulate(
      changed({ load: { requestsPerSecond: 200 }, queue: { messagesPerSecond: 20 }, gate: { concurrency: 1_000 } }),
    );
    expect(seen.utilisation.queue).toBeGreaterThan(0.9);
    expect(seen.carried / seen.jobsPerMessage).toBeLessThan(20 * 1.1);
  });

  it("gets further with a second database", () => {
    const heavy = changed({ load: { requestsPerSecond: 1_600 } });
    const twice = changed({ load: { requestsPerSecond: 1_600 }, d1: { databases: 2 } });
    expect(simulate(heavy).carried).toBeLessThan(1_450);
    expect(simulate(twice).carried).toBeGreaterThan(1_500);
  });

  it("uses the limits that Sluice has", () => {
    const gate = readFileSync("src/gate/write-loop.ts", "utf8");
    const limits = /const BUFFER: BufferLimits = (\{.*\});/.exec(gate)?.[1] ?? "";
    const numbers = [...limits.matchAll(/(\w+): ([\d_]+)/g)].map(([, name, value = ""]) => [
      name,
      Number(value.replaceAll("_", "")),
    ]);
    expect(Object.fromEntries(numbers)).toEqual(BUFFER);
    const config = readConfig({});
    expect(config.limits.concurrency).toBe(BASE.gate.concurrency);
    expect(config.handlerConcurrency).toBe(BASE.queue.jobsAtATime);
    expect(readFileSync("wrangler.toml", "utf8")).toContain(
      `queue = "sluice-jobs"\nmax_batch_size = ${BASE.queue.messagesPerBatch}\n`,
    );
    expect(atLoad(BASE, 7).load.requestsPerSecond).toBe(7);
  });
});
