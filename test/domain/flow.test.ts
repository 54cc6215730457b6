import { describe, expect, it } from "vitest";
import { bindingLimit, flowSentence, type QueueFlow } from "../../src/domain/flow.ts";

const queue: QueueFlow = { name: "mail", paused: false, concurrency: null, inFlight: 0, outOfTokens: false };
const tenant = { concurrency: 100, inFlight: 10 };
const full = { concurrency: 100, inFlight: 100 };

describe("the limit that keeps a queue's next job from starting", () => {
  it.each([
    ["paused", { paused: true, concurrency: 1, inFlight: 1, outOfTokens: true }, full],
    ["concurrency", { concurrency: 10, inFlight: 10, outOfTokens: true }, full],
    ["rate", { concurrency: 10, inFlight: 9, outOfTokens: true }, full],
    ["tenantConcurrency", { concurrency: 10, inFlight: 9 }, full],
    [null, { concurrency: 10, inFlight: 9 }, tenant],
  ] as const)("is %s", (limit, of, tenant) => {
    expect(bindingLimit({ ...queue, ...of }, tenant)).toBe(limit);
  });
});

describe("the sentence that says whether jobs flow", () => {
  const oldest = { queue: "mail", ageMs: 185_000, limit: "concurrency", concurrency: 10 } as const;

  it.each([
    [{ ...oldest }, "Oldest waits 3 min: `mail` is at its concurrency of 10."],
    [{ ...oldest, limit: "paused", ageMs: 90_000_000 }, "Oldest waits 1 d: `mail` is paused."],
    [{ ...oldest, limit: "rate", ageMs: 7_200_000 }, "Oldest waits 2 h: `mail` has used up its rate."],
    [
      { ...oldest, limit: "tenantConcurrency", ageMs: 59_999 },
      "Oldest waits 59 s: all 100 places of the tenant are taken.",
    ],
    [{ ...oldest, limit: null, ageMs: 999 }, "Oldest waits less than 1 s, in `mail`; nothing holds it back."],
    [null, "Nothing waits; 10 in flight."],
  ] as const)("of %j", (oldest, sentence) => {
    expect(flowSentence(oldest, tenant)).toBe(sentence);
  });

  it("says so when nothing goes on", () => {
    expect(flowSentence(null, { ...tenant, inFlight: 0 })).toBe("Nothing waits, nothing runs.");
  });
});
