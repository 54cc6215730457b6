import { describe, expect, it } from "vitest";
import { failuresOf, groupFailures } from "../../../src/dashboard/model/failure-groups.ts";
import { OldestSamples } from "../../../src/dashboard/model/oldest-samples.ts";
import { overviewOf, timesOf } from "../../../src/dashboard/model/overview.ts";
import { emptyStatistics, queueStatistics } from "../support/statistics.ts";
import { after, failedJob, job, NOW, settings } from "./jobs.ts";

const listOf = (data: ReturnType<typeof job>[], nextCursor: string | null = null) => ({ data, nextCursor });

describe("failures", () => {
  it("are one group when only ids and large numbers differ, with what they have in common as its filter", () => {
    const groups = groupFailures(
      listOf([
        failedJob("Error", "answered 503 for acct_1017"),
        failedJob("Error", "answered 503 for acct_1018"),
        failedJob("Error", "answered 404 for acct_1019"),
        failedJob("Error", "answered 503 for acct_1017", { type: "other" }),
      ]),
    );
    expect(groups.map(({ type, error, jobs, filter }) => [type, error, jobs.count, filter])).toEqual([
      ["mail.send", "Error: answered 503 for acct_…", 2, "Error: answered 503 for acct_101"],
      ["mail.send", "Error: answered 404 for acct_1019", 1, "Error: answered 404 for acct_1019"],
      ["other", "Error: answered 503 for acct_1017", 1, "Error: answered 503 for acct_1017"],
    ]);
  });

  it("have no filter that is longer than a plan takes, and none when no error was kept", () => {
    expect(groupFailures(listOf([failedJob("Error", "x".repeat(500))]))[0]?.filter).toHaveLength(200);
    expect(groupFailures(listOf([job({ state: "failed", finishedAt: after(-1) })]))[0]?.filter).toBeUndefined();
  });

  it("that newer ones have driven from the list are known from the statistics", () => {
    const counted = [
      { type: "mail.send", error: "Error", retried: 0, failed: 400 },
      { type: "crm.sync", error: "TypeError", retried: 9, failed: 3 },
      { type: "crm.sync", error: "RetryError", retried: 9, failed: 0 },
    ];
    const newest = [failedJob("Error", "no paper")];
    expect(failuresOf(listOf(newest), counted)).toHaveLength(1);
    expect(failuresOf(listOf(newest, "next"), counted)).toMatchObject([
      { type: "mail.send", error: "Error: no paper", jobs: { count: 1, atLeast: true } },
      { type: "crm.sync", error: "TypeError", jobs: { count: 3, atLeast: true }, lastAt: null, filter: "TypeError: " },
    ]);
  });
});

describe("an overview", () => {
  const none = emptyStatistics(after(-120));
  const stats = {
    ...none,
    now: {
      ...none.now,
      oldest: { queue: "mail", since: after(-90), ageMs: 90_000, limit: "rate" as const },
      inFlight: 12,
      waiting: { count: 100_000, atLeast: true },
      delayed: { count: 3, atLeast: false },
    },
    queues: [
      queueStatistics("mail", { waiting: { count: 4, atLeast: false }, inFlight: 2, limit: "rate" }),
      queueStatistics("customer/acme", { limit: "paused" }),
      queueStatistics("reports", { limit: "tenantConcurrency" }),
      queueStatistics("(other)", { inFlight: 9 }),
    ],
    series: { ...none.series, in: [1, 2], refused: { ...none.series.refused, rate: [0, 9] }, waitP95Ms: [null, 2_500] },
  };
  const queues = [
    settings("mail", { rate: { limit: 5, period: 1 } }),
    settings("idle", { paused: true }),
    settings("customer/*", { paused: true }),
  ];
  const overview = overviewOf(stats, queues, listOf([failedJob("TypeError", "no paper")], "next"), [null, 90]);

  it("has the numbers of the statistics, with the figures of the queues' settings", () => {
    expect(overview.flow).toMatchObject({
      waiting: { count: 100_000, atLeast: true },
      running: { count: 12 },
      later: { count: 3 },
      oldest: { queue: "mail", ageMs: 90_000, limit: { kind: "rate", rate: { limit: 5, period: 1 } } },
    });
    expect(overview.series).toMatchObject({ oldest: [null, 90], waitP95: [null, 2.5], refused: { rate: [0, 9] } });
    expect(timesOf(stats)).toEqual([NOW / 1_000 - 120, NOW / 1_000 - 60]);
    expect(overview.failed).toEqual({ count: 1, atLeast: true });
  });

  it("has plots that begin where the tenant has, and are never too short to be read", () => {
    const steps = (first: number) => Array.from({ length: 60 }, (_, step) => (step >= first ? 1 : 0));
    const zero = steps(60);
    const timesFrom = (first: number) => {
      const refused = { rate: zero, backlog: zero, overloaded: zero, storage: zero };
      const series = { ...none.series, in: steps(first), out: zero, failed: zero, refused, waitP95Ms: zero };
      return overviewOf({ ...none, series }, [], listOf([]), zero).series;
    };
    expect(timesFrom(0).times).toHaveLength(60);
    expect(timesFrom(31).enqueued).toEqual([0, ...Array.from({ length: 29 }, () => 1)]);
    expect(timesFrom(59).times).toHaveLength(10);
    expect(timesFrom(60).times).toHaveLength(10);
  });

  it("lists the queues with the limit that binds each, those too that have settings and no job", () => {
    expect(overview.queues.map(({ name, limit }) => [name, limit])).toEqual([
      ["mail", { kind: "rate", rate: { limit: 5, period: 1 } }],
      ["customer/acme", { kind: "paused" }],
      ["reports", { kind: "tenant_concurrency", max: 100 }],
      ["idle", { kind: "paused" }],
    ]);
    expect(overview.queues[1]?.settings?.name).toBe("customer/*");
  });
});

describe("what was seen", () => {
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
