import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJobId, jobIdTime } from "../../src/domain/id.ts";
import { tickJobId } from "../../src/protocol/tick-job-id.ts";

const tick = Date.parse("2026-11-21T12:00:00Z");

describe("tickJobId", () => {
  it("is a UUIDv7 of the tick's time, and always the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.nat(), async (tenant, name, seconds) => {
        const id = await tickJobId(tenant, name, tick + seconds * 1_000);
        expect(isJobId(id)).toBe(true);
        expect(jobIdTime(id)).toBe(tick + seconds * 1_000);
        expect(await tickJobId(tenant, name, tick + seconds * 1_000)).toBe(id);
      }),
    );
  });

  it("is another one for another tick, schedule or tenant", async () => {
    const ids = await Promise.all([
      tickJobId("a", "b", tick),
      tickJobId("a", "b", tick + 1_000),
      tickJobId("a", "c", tick),
      tickJobId("b", "a", tick),
      tickJobId("ab", "", tick),
      tickJobId("", "ab", tick),
    ]);
    expect(new Set(ids.map((id) => id.slice(13))).size).toBe(ids.length);
  });
});
