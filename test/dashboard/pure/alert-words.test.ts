import { describe, expect, it } from "vitest";
import type { AlertView } from "../../../src/client/client.ts";
import { basis, cameTo, durationOf, firingFirst } from "../../../src/dashboard/model/alert-words.ts";

const TIME = "2027-01-31T09:00:00.000Z";

function alert(given: Partial<AlertView> = {}): AlertView {
  return {
    name: "fails",
    measure: "failure_ratio",
    queue: null,
    threshold: 0.1,
    window: 600,
    minEvents: 1_000,
    url: "https://example.com/hook",
    state: "ok",
    since: TIME,
    value: null,
    jobId: null,
    createdAt: TIME,
    updatedAt: TIME,
    ...given,
  };
}

describe("an alert in words", () => {
  it("has a basis when it is of a share", () => {
    expect(basis(alert())).toBe("1,000 or more in 10 min");
    expect(basis(alert({ measure: "oldest_due_age", window: null, minEvents: null }))).toBeNull();
  });

  it("came to its value, to no jobs once it has changed, and to nothing before", () => {
    expect(cameTo(alert({ value: 0.25 }))).toBe("25 %");
    expect(cameTo(alert({ measure: "oldest_due_age", value: 330.4 }))).toBe("5 min 30 s");
    expect(cameTo(alert({ jobId: "01a05a2e-5c00-7000-8000-000000000003" }))).toBe("no jobs");
    expect(cameTo(alert())).toBeNull();
  });

  it("stands first while it fires", () => {
    const alerts = [alert({ name: "a" }), alert({ name: "b", state: "firing" }), alert({ name: "c" })];
    expect(firingFirst(alerts).map(({ name }) => name)).toEqual(["b", "a", "c"]);
  });

  it.each([
    [90, "90s"],
    [300, "5m"],
    [5_400, "90m"],
    [7_200, "2h"],
    [86_400, "1d"],
    [12.5, "12.5s"],
  ])("has a threshold of %d seconds as the API takes it: %s", (seconds, text) => {
    expect(durationOf(seconds)).toBe(text);
  });
});
