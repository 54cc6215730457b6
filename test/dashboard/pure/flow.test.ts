import { describe, expect, it } from "vitest";
import { type Flow, flowSentence, type OldestJob, type Part } from "../../../src/dashboard/model/flow.ts";

const some = (count: number) => ({ count, atLeast: false });
const nothing: Flow = { waiting: some(0), running: some(0), later: some(0), oldest: null };
const oldest: OldestJob = {
  queue: "mail",
  ageMs: 185_000,
  limit: { kind: "concurrency", max: 10 },
};

function sentence(flow: Partial<Flow>): string {
  const { tone, parts } = flowSentence({ ...nothing, ...flow });
  return `${tone}: ${parts.map(text).join("")}`;
}

function text(part: Part): string {
  if (typeof part === "string") return part;
  return `\`${part.queue}\``;
}

describe("whether it is flowing", () => {
  it("is told by the oldest job that waits, and by what it waits for", () => {
    const waits = { waiting: some(4), running: some(10) };
    expect(sentence({ ...waits, oldest })).toBe("waiting: Oldest waits 3 min: `mail` is at its concurrency of 10.");
    expect(sentence({ ...waits, oldest: { ...oldest, limit: { kind: "paused" } } })).toBe(
      "stuck: Oldest waits 3 min: `mail` is paused.",
    );
    expect(sentence({ ...waits, oldest: { ...oldest, limit: { kind: "rate", rate: { limit: 5, period: 60 } } } })).toBe(
      "waiting: Oldest waits 3 min: `mail` starts at most 5 per minute.",
    );
    expect(sentence({ ...waits, oldest: { ...oldest, limit: { kind: "tenant_concurrency", max: 100 } } })).toBe(
      "waiting: Oldest waits 3 min: `mail` waits for the tenant's concurrency of 100.",
    );
  });

  it("is not said to be more than is known", () => {
    expect(sentence({ oldest: { ...oldest, limit: null } })).toBe(
      "waiting: Oldest waits 3 min: `mail` is at no limit of its own.",
    );
    expect(sentence({ waiting: { count: 0, atLeast: true } })).toBe(
      "flowing: Flowing: 0 jobs running, 0+ jobs waiting.",
    );
  });

  it("is told by what runs when nothing waits for long", () => {
    expect(sentence({ waiting: some(3), running: some(1), oldest: { ...oldest, ageMs: 2_400 } })).toBe(
      "flowing: Flowing: 1 job running, 3 jobs waiting, the oldest for 2 s.",
    );
    expect(sentence({ waiting: some(3), oldest: { ...oldest, ageMs: 2_400, limit: { kind: "paused" } } })).toBe(
      "stuck: Oldest waits 2 s: `mail` is paused.",
    );
    expect(sentence({ running: some(2) })).toBe("flowing: Flowing: 2 jobs running, nothing waits.");
    expect(sentence({ later: some(7) })).toBe("idle: Nothing waits: 7 jobs due later.");
    expect(sentence({})).toBe("idle: Nothing waits, nothing runs.");
  });
});
