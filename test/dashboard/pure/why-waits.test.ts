import { describe, expect, it } from "vitest";
import { aheadOf, type QueueOfJob, whyItWaits } from "../../../src/dashboard/model/why-waits.ts";
import { after, failedJob, job, NOW } from "./jobs.ts";

const some = (count: number) => ({ count, atLeast: false });
const free: QueueOfJob = { settings: null, limit: null, waiting: some(1), ahead: 0 };

describe("why a job waits", () => {
  it("is the time at which it is due", () => {
    expect(whyItWaits(job({ state: "scheduled", dueAt: after(3_725) }), null, NOW)).toBe("It is due in 1 h 2 min.");
    expect(whyItWaits(job({ state: "scheduled", dueAt: after(-1) }), null, NOW)).toBe("It is due now.");
  });

  it("is the attempt that failed, until the next one", () => {
    const retrying = failedJob("TypeError", "no paper.", { state: "retrying", finishedAt: null, dueAt: after(12) });
    expect(whyItWaits(retrying, null, NOW)).toBe(
      "Attempt 1 of 5 ended with TypeError: no paper. It is tried again in 12 s.",
    );
  });

  it("is its queue's pause, concurrency or rate, and who is ahead of it", () => {
    const why = (queue: Partial<QueueOfJob>) => whyItWaits(job(), { ...free, ...queue }, NOW);
    expect(why({ limit: { kind: "paused" } })).toBe("mail is paused. It is next.");
    expect(why({ limit: { kind: "concurrency", max: 2 }, ahead: 6 })).toBe(
      "mail is at its concurrency of 2. 6 jobs are ahead of it.",
    );
    expect(why({ limit: { kind: "rate", rate: { limit: 5, period: 1 } }, ahead: 1 })).toBe(
      "mail starts at most 5 per second. 1 job is ahead of it.",
    );
    expect(why({ limit: { kind: "tenant_concurrency", max: 100 }, waiting: some(4_200), ahead: null })).toBe(
      "mail waits for the tenant's concurrency of 100. 4,200 jobs wait there.",
    );
    expect(why({})).toBe("Nothing holds mail back. It is next.");
    expect(whyItWaits(job(), null, NOW)).toBe("It waits for room.");
  });

  it("is that it runs, or nothing once it has ended", () => {
    expect(whyItWaits(job({ state: "running", startedAt: after(-61) }), null, NOW)).toBe("It is running, since 1 min.");
    for (const state of ["succeeded", "failed", "cancelled"] as const) {
      expect(whyItWaits(job({ state }), free, NOW)).toBeNull();
    }
  });
});

describe("who is ahead of a job", () => {
  it("are those of a higher priority, and those of its own that are older", () => {
    const [older, mine, younger] = [job(), job(), job()];
    const urgent = job({ priority: 9 });
    const idle = job({ priority: 0 });
    expect(aheadOf(mine, { data: [older, mine, younger, urgent, idle], nextCursor: null })).toBe(2);
    expect(aheadOf(mine, { data: [younger], nextCursor: "next" })).toBeNull();
  });
});
