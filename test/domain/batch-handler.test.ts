import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { batchLimit, defineBatchHandler } from "../../src/domain/batch-handler.ts";
import { defineHandler } from "../../src/domain/handler.ts";
import { FatalError } from "../../src/domain/outcome.ts";
import { createRegistry, isBatchHandler, type Jobs } from "../../src/domain/registry.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/domain/retry-policy.ts";

const input = z.object({ name: z.string(), n: z.coerce.number().default(1) });
const quiet = defineBatchHandler({ type: "quiet", input, run: () => undefined });
const answering = defineBatchHandler({
  type: "answering",
  input,
  maxBatch: 7,
  run: async (jobs) => jobs.map(({ payload: { n }, jobId }) => (n > 0 ? { jobId, n } : new FatalError("no"))),
});

describe("defineBatchHandler", () => {
  it("gives a handler 30 s, five attempts and 100 jobs at a time", () => {
    expect(quiet).toMatchObject({ type: "quiet", timeoutMs: 30_000, retry: DEFAULT_RETRY_POLICY, maxBatch: 100 });
    expect(answering.maxBatch).toBe(7);
  });

  it.each([1, 1_000])("takes %i jobs at a time", (maxBatch) => {
    expect(defineBatchHandler({ type: "quiet", input, maxBatch, run: () => undefined }).maxBatch).toBe(maxBatch);
  });

  it.each([0, 1_001, 1.5, Number.NaN])("refuses %d jobs at a time, and names handler and option", (maxBatch) => {
    expect(() => defineBatchHandler({ type: "quiet", input, maxBatch, run: () => undefined })).toThrow(
      "quiet: maxBatch",
    );
  });

  it("refuses what is out of range for any type of jobs", () => {
    const define = (options: { type?: string; timeout?: "16m" }) => () =>
      defineBatchHandler({ type: "quiet", input, run: () => undefined, ...options });
    expect(define({ type: "a b" })).toThrow(RangeError);
    expect(define({ timeout: "16m" })).toThrow("quiet: timeout");
  });

  it("tells callers the payload that they send and the result that they get", () => {
    type Known = Jobs<[typeof quiet, typeof answering]>;
    expectTypeOf<Known["quiet"]["payload"]>().toEqualTypeOf<{ name: string; n?: unknown }>();
    expectTypeOf<Known["quiet"]["result"]>().toEqualTypeOf<null>();
    expectTypeOf<Known["answering"]["result"]>().toEqualTypeOf<{ jobId: string; n: number }>();
  });

  it("is found by its type beside other handlers, and told from them", () => {
    const single = defineHandler({ type: "single", input, run: () => 1 });
    const registry = createRegistry([single, quiet]);
    expect([...registry.values()].map(isBatchHandler)).toEqual([false, true]);
    expect(() => createRegistry([quiet, { ...single, type: "quiet" }])).toThrow('Two handlers have the type "quiet"');
  });
});

describe("batchLimit", () => {
  it("lets fewer run together with each failure, and each alone in the end", () => {
    expect([0, 1, 2, 3, 4].map((failures) => batchLimit(500, failures))).toEqual([500, 50, 5, 1, 1]);
    expect([0, 1, 25].map((failures) => batchLimit(1, failures))).toEqual([1, 1, 1]);
  });
});
