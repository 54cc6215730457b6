import { describe, expect, it } from "vitest";
import { BUCKET_SECONDS, LifetimeCounter } from "../../src/domain/lifetime.ts";
import { MOST_TALLIES, Tallies } from "../../src/domain/tallies.ts";
import { OTHER, Tally } from "../../src/domain/tally.ts";

describe("a tally", () => {
  it("is kept and added up without loss", () => {
    const tally = new Tally();
    tally.add("admitted", 3);
    tally.add("failed");
    tally.addTimes({ waitMs: 10, runMs: 200 });
    tally.addFailure("mail", "TypeError", 1, 0);
    const sum = new Tally();
    for (let time = 0; time < 2; time++) sum.merge(JSON.parse(JSON.stringify(tally.pack())));
    expect([sum.get("admitted"), sum.get("failed"), sum.get("waitMs"), sum.get("runMs")]).toEqual([6, 2, 20, 400]);
    expect([sum.wait.count, sum.run.quantile(0.5)]).toEqual([2, tally.run.quantile(0.5)]);
    expect(sum.failures).toEqual([{ type: "mail", error: "TypeError", retried: 2, failed: 0 }]);
  });

  it("takes over what an earlier version has counted, which knew less", () => {
    const tally = new Tally();
    tally.merge({ c: [5], w: [], r: [], f: [] });
    expect([tally.get("admitted"), tally.get("runMs")]).toEqual([5, 0]);
  });

  it("groups failures by type and error, the most frequent first, and all that are too many as one", () => {
    const tally = new Tally();
    for (let kind = 0; kind < 50; kind++) tally.addFailure("mail", `Error${kind}`, kind === 7 ? 9 : 1, 1);
    const [first, second] = tally.failures;
    expect(first).toEqual({ type: OTHER, error: OTHER, retried: 30, failed: 30 });
    expect(second).toEqual({ type: "mail", error: "Error7", retried: 9, failed: 1 });
    expect(tally.failures).toHaveLength(21);
  });
});

describe("the tallies of a tenant's queues", () => {
  it("are told apart for 100 queues, and added up for all", () => {
    const tallies = new Tallies();
    for (let queue = 0; queue < MOST_TALLIES + 5; queue++) tallies.count(`q${queue}`, (tally) => tally.add("admitted"));
    expect(tallies.total.get("admitted")).toBe(105);
    expect(tallies.byQueue.size).toBe(MOST_TALLIES + 1);
    expect(tallies.byQueue.get("q99")?.get("admitted")).toBe(1);
    expect(tallies.byQueue.get(OTHER)?.get("admitted")).toBe(5);
  });
});

describe("what is counted for a lifetime", () => {
  it("goes on from what was kept", () => {
    const first = new LifetimeCounter();
    first.add("succeeded", 4);
    first.addTimes({ waitMs: 60, runMs: 10_000_000 });
    const second = new LifetimeCounter(JSON.parse(JSON.stringify(first.pack())));
    second.add("succeeded");
    second.addTimes({ waitMs: 50, runMs: 1 });
    const { counts, wait, run } = second.read();
    expect([counts.succeeded, counts.waitMs, counts.runMs]).toEqual([5, 110, 10_000_001]);
    expect(wait.slice(0, 3)).toEqual([1, 1, 0]);
    expect([run[0], run.at(-1), run.length]).toEqual([1, 1, BUCKET_SECONDS.length + 1]);
  });
});
