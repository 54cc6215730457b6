import { describe, expect, it } from "vitest";
import { eventFilterSchema, takesEvent } from "../../../src/inbound/event-filter.ts";

describe("an event filter", () => {
  it("takes the names in it, and what begins as its patterns do", () => {
    const filter = eventFilterSchema.parse(["push", "pull_request.*", "orders/*"]);
    for (const event of ["push", "pull_request.opened", "orders/create"]) expect(takesEvent(filter, event)).toBe(true);
    for (const event of ["pushed", "pull_request", "pull_request_review.submitted", "order", "Push", ""]) {
      expect(takesEvent(filter, event)).toBe(false);
    }
  });

  it("takes all when it is empty, and otherwise none without a name", () => {
    expect(takesEvent([], "push")).toBe(true);
    expect(takesEvent([], null)).toBe(true);
    expect(takesEvent(["*"], null)).toBe(false);
    expect(takesEvent(["*"], "push")).toBe(true);
  });

  it("is refused when it has more than 100 events, or what no event can be", () => {
    expect(eventFilterSchema.safeParse(Array(100).fill("a")).success).toBe(true);
    for (const filter of [Array(101).fill("a"), [""], ["a*b"], ["**"], [" a"], ["a\n"], ["é"], ["l".repeat(201)]]) {
      expect(eventFilterSchema.safeParse(filter).success).toBe(false);
    }
    expect(eventFilterSchema.safeParse(["Push Hook"]).success).toBe(true);
  });
});
