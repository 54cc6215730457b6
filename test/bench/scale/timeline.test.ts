import { array, assert, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { Timeline } from "../../../bench/scale/timeline.ts";

describe("a timeline", () => {
  it("runs events by their times, and those of one time in the order in which they were set", () => {
    assert(
      property(array(nat(20)), (times) => {
        const timeline = new Timeline();
        const ran: [number, number][] = [];
        for (const [order, time] of times.entries()) timeline.at(time, () => ran.push([timeline.now, order]));
        timeline.run();
        const sorted = times
          .map((time, order): [number, number] => [time, order])
          .toSorted(([a, m], [b, n]) => a - b || m - n);
        expect(ran).toEqual(sorted);
      }),
    );
  });

  it("runs what an event has set", () => {
    const timeline = new Timeline();
    const ran: number[] = [];
    const again = () => {
      ran.push(timeline.now);
      if (ran.length < 3) timeline.after(5, again);
    };
    timeline.after(1, again);
    timeline.run();
    expect(ran).toEqual([1, 6, 11]);
  });
});
