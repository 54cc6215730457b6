import { vi } from "vitest";

/** An hour ahead of the database's, so that no deadline in a statement passes while this one stands still. */
const AHEAD_MS = 3_600_000;

/** A clock that stands still, for the Worker and its gates, until it is moved or mocks are restored. */
export function standingClock(): { readonly now: () => number; readonly advance: (ms: number) => void } {
  let time = Date.now() + AHEAD_MS;
  vi.spyOn(Date, "now").mockImplementation(() => time);
  return {
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
  };
}
