import { describe, expect, it } from "vitest";
import { retryAfterMs } from "../../src/outgoing/retry-after.ts";

describe("Retry-After", () => {
  const now = Date.UTC(2026, 10, 1, 12, 0, 0);
  const DAY_MS = 86_400_000;

  it.each([
    ["1", 1_000],
    ["120", 120_000],
    ["86400", DAY_MS],
    ["86401", DAY_MS],
    ["9".repeat(30), DAY_MS],
    ["Sun, 01 Nov 2026 12:00:30 GMT", 30_000],
    ["Sunday, 01-Nov-26 12:00:30 GMT", 30_000],
    ["Sun Nov  1 12:00:30 2026", 30_000],
    ["Fri, 01 Jan 2027 00:00:00 GMT", DAY_MS],
  ])("%s names a delay", (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });

  it.each([
    null,
    "",
    "0",
    "-5",
    "1.5",
    "1e3",
    "soon",
    "2027-01-01T00:00:00Z",
    "Sun, 01 Nov 2026 11:59:59 GMT",
    "Sun, 99 Nov 2026 12:00:30 GMT",
  ])("%s leaves the delay to the job's backoff", (header) => {
    expect(retryAfterMs(header, now)).toBeUndefined();
  });
});
