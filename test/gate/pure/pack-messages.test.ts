import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packMessages, type Sendable } from "../../../src/gate/pack-messages.ts";
import { queueMessageSchema } from "../../../src/protocol/queue-message.ts";

const job = (id: string, overrides: Partial<Sendable> = {}): Sendable => ({
  id,
  isolated: 0,
  solo: 0,
  payloadBytes: 2,
  ...overrides,
});

const jobs = (count: number, overrides: Partial<Sendable> = {}) =>
  Array.from({ length: count }, (_, n) => job(`job-${n}`, overrides));

const ids = (packed: readonly { readonly jobIds: readonly string[] }[]) => packed.map(({ jobIds }) => jobIds.length);

describe("packMessages", () => {
  it("packs short jobs twenty to a message", () => {
    const packed = packMessages("acme", jobs(45));
    expect(ids(packed.jobs)).toEqual([20, 20, 5]);
    expect(packed.isolated).toEqual([]);
  });

  it("begins a new message where the payloads grow too large to be claimed together", () => {
    expect(ids(packMessages("acme", jobs(10, { payloadBytes: 32_000 })).jobs)).toEqual([5, 5]);
    expect(ids(packMessages("acme", jobs(10, { payloadBytes: 32_001 })).jobs)).toEqual([4, 4, 2]);
  });

  it("sends a long or heavy job alone", () => {
    const packed = packMessages("acme", [job("a"), job("heavy", { solo: 1 }), job("b")]);
    expect(packed.jobs.map(({ jobIds }) => jobIds)).toEqual([["a", "b"], ["heavy"]]);
  });

  it("isolates a job that must run alone, whatever else it is", () => {
    const packed = packMessages("acme", [job("a"), job("suspect", { isolated: 1, solo: 1 }), job("b")]);
    expect(packed.isolated).toEqual([{ v: 1, tenantId: "acme", jobIds: ["suspect"] }]);
    expect(packed.jobs.map(({ jobIds }) => jobIds)).toEqual([["a", "b"]]);
  });

  it("sends nothing when there is nothing to send", () => {
    expect(packMessages("acme", [])).toEqual({ jobs: [], isolated: [] });
  });

  const anyJobs = fc
    .array(
      fc.record({
        isolated: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
        solo: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
        payloadBytes: fc.nat(32_768),
      }),
      { maxLength: 120 },
    )
    .map((all) => all.map((one, n): Sendable => ({ id: `job-${n}`, ...one })));

  it("names every job once, in messages that a consumer can claim", () => {
    fc.assert(
      fc.property(anyJobs, (all) => {
        const packed = packMessages("acme", all);
        const byId = new Map(all.map((one) => [one.id, one]));
        const messages = [...packed.jobs, ...packed.isolated];
        expect(messages.flatMap(({ jobIds }) => jobIds).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
        for (const message of messages) {
          expect(queueMessageSchema.parse(message)).toEqual(message);
          const together = message.jobIds.map((id) => byId.get(id) ?? job("unknown"));
          expect(message.jobIds.length).toBeLessThanOrEqual(20);
          expect(together.reduce((bytes, one) => bytes + one.payloadBytes, 0)).toBeLessThanOrEqual(160_000);
          const alone = together.some(({ solo, isolated }) => solo === 1 || isolated === 1);
          if (alone) expect(message.jobIds).toHaveLength(1);
          expect(packed.isolated.includes(message)).toBe(together.some(({ isolated }) => isolated === 1));
        }
      }),
    );
  });
});
