import { validate, version } from "uuid";
import { describe, expect, it } from "vitest";
import { isJobId, jobIdTime } from "../../src/domain/id.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";

describe("a new job id", () => {
  it("is a UUIDv7 of its time", () => {
    const now = Date.now() + 1_000;
    const id = newJobId(now);
    expect(validate(id) && version(id)).toBe(7);
    expect(isJobId(id)).toBe(true);
    expect(jobIdTime(id)).toBe(now);
  });

  it("is greater than every one before it, also when the clock stands still or steps back", () => {
    const now = Date.now() + 60_000;
    const ids = [...Array.from({ length: 10_000 }, () => newJobId(now)), newJobId(now - 5_000), newJobId(now + 1_000)];
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
