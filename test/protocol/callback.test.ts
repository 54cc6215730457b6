import { describe, expect, it } from "vitest";
import { isJobId, jobIdTime } from "../../src/domain/id.ts";
import { callbackJobId, readCallback, storedCallback } from "../../src/protocol/callback.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";

const CALLBACK = { url: "https://hooks.example.com/", on: "both" } as const;
const idOf = async (jobId: string, finishedAt: number) => {
  const stored = readCallback(await storedCallback(CALLBACK, jobId));
  if (stored === null) throw new Error("there is no callback");
  return callbackJobId(stored, finishedAt);
};

describe("the job that delivers a callback", () => {
  it("has a job id of the time at which the job ended", async () => {
    const id = await idOf(newJobId(), 1_800_000_000_123);
    expect(isJobId(id)).toBe(true);
    expect(jobIdTime(id)).toBe(1_800_000_000_123);
  });

  it("has the same id for the same job, and another for each other, even of the same moment", async () => {
    const jobs = Array.from({ length: 100 }, () => newJobId());
    const ids = await Promise.all(jobs.map((job) => idOf(job, 1)));
    expect(new Set(ids).size).toBe(100);
    expect(await Promise.all(jobs.map((job) => idOf(job, 1)))).toEqual(ids);
  });

  it("is none where nobody is to be told", () => {
    expect(readCallback(null)).toBeNull();
  });
});
