import { describe, expect, it } from "vitest";
import { isTerminal, JOB_STATES, TERMINAL_STATES, TRANSITIONS } from "../../src/domain/job.ts";

describe("TRANSITIONS", () => {
  it("leads from nowhere into a state that does not exist, nor from a state to itself", () => {
    for (const state of JOB_STATES) {
      expect(JOB_STATES).toEqual(expect.arrayContaining([...TRANSITIONS[state]]));
      expect(TRANSITIONS[state]).not.toContain(state);
    }
  });
  it("lets a job end only from running, unless it is cancelled", () => {
    const into = (target) => JOB_STATES.filter((from) => TRANSITIONS[from].includes(target));
    expect(into("succeeded")).toEqual(["running"]);
    expect(into("failed")).toEqual(["running"]);
    expect(into("cancelled")).toEqual(["scheduled", "queued", "running", "retrying"]);
  });
  it("starts only what is queued", () => {
    const starters = JOB_STATES.filter((from) => TRANSITIONS[from].includes("running"));
    expect(starters).toEqual(["queued"]);
  });
  it("leads from every state to an end", () => {
    for (const start of JOB_STATES) {
      const reached = new Set([start]);
      for (const state of reached) for (const next of TRANSITIONS[state]) reached.add(next);
      expect([...reached].some((state) => TERMINAL_STATES.includes(state))).toBe(true);
    }
  });
});
describe("isTerminal", () => {
  it("is true for the three ends, and for nothing else", () => {
    expect(JOB_STATES.filter(isTerminal)).toEqual([...TERMINAL_STATES]);
  });
});
