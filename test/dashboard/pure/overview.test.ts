import { describe, expect, it } from "vitest";
import { groupFailures } from "../../../src/dashboard/model/failure-groups.ts";
import { OldestSamples } from "../../../src/dashboard/model/oldest-samples.ts";
import { overviewOfLists } from "../../../src/dashboard/model/overview.ts";
import { overviewOfStats, timesOf } from "../../../src/dashboard/model/overview-of-stats.ts";
import { SeenJobs } from "../../../src/dashboard/model/seen-jobs.ts";
import type { StatsView } from "../../../src/dashboard/model/stats-view.ts";
import { after, failedJob, job, NOW, settings } from "./jobs.ts";

const listOf = (data: ReturnType<typeof job>[], nextCursor: string | null = null) => ({ data, nextCursor });

describe("an overview of lists", () => {
  const running = [job({ state: "running", startedAt: after(-3) }), job({ state: "running", startedAt: after(-2) })];
  const waiting = [job({ createdAt: after(-42) }), job(), job({ queue: "reports" })];
  const lists = {
    unfinished: listOf([...running, ...waiting, job({ state: "scheduled" })]),
    failed: listOf([]),
    queues: [settings("mail", { concurrency: 2 }), settings("idle"), settings("customer/*")],
  };

  it("counts what is in them, and finds the oldest job and the limit that binds its queue", () => {
    const { flow, queues } = overviewOfLists(lists, NOW);
    expect([flow.waiting.count, flow.running.count, flow.later.count]).toEqual([3, 2, 1]);
    expect(flow.oldest).toMatchObject({ queue: "mail", ageMs: 42_000, limit: { kind: "concurrency", max: 2 } });
    expect(queues.map(({ name, limit }) => [name, limit?.kind])).toEqual([
      ["mail", "concurrency"],
      ["reports", undefined],
      ["idle", undefined],
    ]);
  });

  it("says of every number that there may be more when a list goes on", () => {
    const { flow, queues, failed, basis } = overviewOfLists(
      { ...lists, unfinished: listOf(waiting, "next"), failed: listOf([failedJob("E", "m")], "next") },
      NOW,
    );
    const counts = [
      flow.waiting,
      flow.running,
      flow.later,
      failed,
      flow.oldest,
      ...queues.map((queue) => queue.waiting),
    ];
    expect(counts.every((count) => count?.atLeast)).toBe(true);
    expect(basis).toContain("newest 100");
  });

  it("takes the limits of a pattern for the queues that it matches", () => {
    const theirs = [job({ queue: "customer/acme" })];
    const queues = [settings("customer/*", { paused: true })];
    expect(overviewOfLists({ unfinished: listOf(theirs), failed: listOf([]), queues }, NOW).flow.oldest?.limit).toEqual(
      {
        kind: "paused",
      },
    );
  });
});

describe("failures", () => {
  it("are one group when only ids and large numbers differ, with what they have in common as its filter", () => {
    const groups = groupFailures([
      failedJob("Error", "answered 503 for acct_1017"),
      failedJob("Error", "answered 503 for acct_1018"),
      failedJob("Error", "answered 404 for acct_1019"),
      failedJob("Error", "answered 503 for acct_1017", { type: "other" }),
    ]);
    expect(groups.map(({ type, error, count, filter }) => [type, error, count, filter])).toEqual([
      ["mail.send", "Error: answered 503 for acct_…", 2, "Error: answered 503 for acct_101"],
      ["mail.send", "Error: answered 404 for acct_1019", 1, "Error: answered 404 for acct_1019"],
      ["other", "Error: answered 503 for acct_1017", 1, "Error: answered 503 for acct_1017"],
    ]);
  });

  it("have no filter that is longer than a plan takes, and none when no error was kept", () => {
    expect(groupFailures([failedJob("Error", "x".repeat(500))])[0]?.filter).toHaveLength(200);
    expect(groupFailures([job({ state: "failed", finishedAt: after(-1) })])[0]?.filter).toBeUndefined();
  });
});

describe("an overview of statistics", () => {
  const stats: StatsView = {
    now: {
      oldest: { queue: "mail", ageMs: 90_000, limit: "rate" },
      inFlight: 12,
      concurrency: 100,
      waiting: { count: 100_000, atLeast: true },
      delayed: { count: 3, atLeast: false },
    },
    queues: [{ name: "mail", waiting: { count: 4, atLeast: false }, inFlight: 2, limit: "rate" }],
    failures: [
      { type: "crm.sync", error: "TypeError", failed: 2 },
      { type: "crm.sync", error: "RetryError", failed: 0 },
    ],
    series: {
      start: after(-120),
      stepSeconds: 60,
      in: [1, 2],
      out: [1, 1],
      failed: [0, 1],
      refused: { rate: [0, 9] },
      waitP95Ms: [null, 2_500],
    },
  };

  it("has their numbers, with the figures of the queues' settings", () => {
    const queues = [settings("mail", { rate: { limit: 5, period: 1 } }), settings("idle", { paused: true })];
    const overview = overviewOfStats(stats, queues, { count: 2, atLeast: false }, [null, 90]);
    expect(overview.flow.oldest?.limit).toEqual({ kind: "rate", rate: { limit: 5, period: 1 } });
    expect(overview.queues.map(({ name, limit }) => [name, limit?.kind])).toEqual([
      ["mail", "rate"],
      ["idle", "paused"],
    ]);
    expect(overview.failures).toEqual([
      { type: "crm.sync", error: "TypeError", count: 2, lastAt: null, filter: "TypeError: " },
    ]);
    expect(overview.series).toMatchObject({ oldest: [null, 90], waitP95: [null, 2.5], refused: { rate: [0, 9] } });
    expect(timesOf(stats)).toEqual([NOW / 1_000 - 120, NOW / 1_000 - 60]);
    expect(overview.basis).toBeNull();
  });
});

describe("what was seen", () => {
  it("is counted by when it came and when it ended, once", () => {
    const seen = new SeenJobs();
    const came = job({ createdAt: after(-12) });
    seen.add([came], NOW - 10_000);
    const ended = { ...came, state: "failed" as const, finishedAt: after(-1) };
    seen.add([ended, job({ createdAt: after(-400) })], NOW);
    const { enqueued, ended: out, failed } = seen.series(NOW);
    const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
    expect([sum(enqueued), sum(out), sum(failed)]).toEqual([1, 1, 1]);
    expect(enqueued.indexOf(1)).toBeLessThan(out.indexOf(1));
  });

  it("of the oldest job is its longest wait in each step, and nothing where nobody looked", () => {
    const samples = new OldestSamples();
    samples.add(4_000, NOW + 1_000);
    samples.add(9_000, NOW + 3_000);
    samples.add(1_000, NOW + 11_000);
    const first = NOW / 1_000;
    samples.add(3_000, NOW + 15_500);
    expect(samples.in([first, first + 5, first + 10], 5)).toEqual([9, null, 3]);
  });
});
