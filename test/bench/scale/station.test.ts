import { describe, expect, it } from "vitest";
import { exponential, seededRandom } from "../../../bench/scale/random.ts";
import { Station } from "../../../bench/scale/station.ts";
import { Timeline } from "../../../bench/scale/timeline.ts";

const SERVICE_MS = 2;

/** So many arrive by chance, so far apart on average, each to be served for as long as `serviceMs` says. */
function load(arrivals: number, apartMs: number, serviceMs: (random: () => number) => number): Station {
  const random = seededRandom(7);
  const timeline = new Timeline();
  const station = new Station(timeline, { from: 0, until: arrivals * apartMs });
  let left = arrivals;
  const arrive = () => {
    if (left-- === 0) return;
    station.serve(serviceMs(random), () => {});
    timeline.after(exponential(apartMs, random), arrive);
  };
  arrive();
  timeline.run();
  return station;
}

function within(share: number, expected: number): [number, number] {
  return [expected * (1 - share), expected * (1 + share)];
}

function expectBetween(value: number, [least, most]: [number, number]): void {
  expect(value).toBeGreaterThan(least);
  expect(value).toBeLessThan(most);
}

describe("a station", () => {
  it.each([0.3, 0.5, 0.8, 0.9])("keeps arrivals waiting as M/D/1 does when it is busy for %d of the time", (busy) => {
    const station = load(400_000, SERVICE_MS / busy, () => SERVICE_MS);
    expectBetween(station.utilisation, within(0.01, busy));
    expectBetween(station.meanWaitMs, within(0.03, (busy * SERVICE_MS) / (2 * (1 - busy))));
  });

  it("keeps arrivals waiting as M/M/1 does when services differ by chance", () => {
    const station = load(400_000, SERVICE_MS / 0.6, (random) => exponential(SERVICE_MS, random));
    expectBetween(station.meanWaitMs, within(0.03, (0.6 * SERVICE_MS) / 0.4));
  });

  it("serves in the order of arrival, one at a time", () => {
    const timeline = new Timeline();
    const station = new Station(timeline, { from: 0, until: 10 });
    const done: [string, number][] = [];
    for (const name of ["first", "second"]) station.serve(3, () => done.push([name, timeline.now]));
    timeline.at(10, () => station.serve(1, () => done.push(["third", timeline.now])));
    timeline.run();
    expect(done).toEqual([
      ["first", 3],
      ["second", 6],
      ["third", 11],
    ]);
  });

  it("counts as busy only what lies within its window", () => {
    const timeline = new Timeline();
    const station = new Station(timeline, { from: 5, until: 15 });
    station.serve(10, () => {});
    timeline.at(14, () => station.serve(10, () => {}));
    timeline.run();
    expect(station.utilisation).toBe(0.6);
  });
});
