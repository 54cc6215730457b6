import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lanes } from "../../../src/gate/lanes.ts";
import type { Slot } from "../../../src/gate/slots.ts";

const fresh = (demands: Record<string, number> = {}) => new Map(Object.entries(demands));
const sum = (...maps: ReadonlyMap<string, number>[]) =>
  maps.flatMap((map) => [...map.values()]).reduce((total, count) => total + count, 0);

/** A slot in some queue, for the attempts after this one. */
const at = (attempt: number, queue = "default"): Slot => ({ queue, attempt });
const NOW = 1_000_000;

function lanesWith(concurrency: number, waiting: readonly string[] = []): Lanes {
  const lanes = new Lanes(concurrency);
  for (const queue of waiting) lanes.waits(queue);
  return lanes;
}

describe("slots", () => {
  it("are freed by the attempt that holds them", () => {
    const lanes = lanesWith(2);
    lanes.hold("a", at(0));
    expect(lanes.free("a", 1)).toBe(true);
    expect([lanes.held, lanes.room, lanes.holds("a")]).toEqual([0, 2, false]);
  });

  it("are freed once: a settle that comes twice frees nothing", () => {
    const lanes = lanesWith(2);
    lanes.hold("a", at(0));
    lanes.hold("b", at(0));
    expect([lanes.free("a", 1), lanes.free("a", 1)]).toEqual([true, false]);
    expect(lanes.held).toBe(1);
  });

  it("are not freed by a late settle of an attempt before", () => {
    const lanes = lanesWith(1);
    lanes.hold("a", at(0));
    lanes.free("a", 1);
    lanes.hold("a", at(1));
    expect(lanes.free("a", 1)).toBe(false);
    expect(lanes.holds("a")).toBe(true);
    expect(lanes.free("a", 2)).toBe(true);
  });

  it("are taken away whatever the attempt", () => {
    const lanes = lanesWith(1);
    lanes.hold("a", at(7));
    expect([lanes.drop("a"), lanes.drop("a")]).toEqual([true, false]);
  });

  it("leave no room below none when the concurrency was lowered", () => {
    const lanes = lanesWith(3);
    for (const id of ["a", "b", "c"]) lanes.hold(id, at(0));
    lanes.concurrency = 1;
    expect(lanes.room).toBe(0);
  });
});

describe("merge", () => {
  it("takes over what D1 says", () => {
    const lanes = lanesWith(5);
    lanes.hold("gone", at(0));
    lanes.hold("kept", at(0));
    lanes.beginMerge();
    lanes.merge(new Map(Object.entries({ kept: at(3), found: at(1) })));
    expect(["gone", "kept", "found"].map((id) => lanes.holds(id))).toEqual([false, true, true]);
    expect(lanes.free("kept", 3)).toBe(false);
    expect(lanes.free("kept", 4)).toBe(true);
  });

  it("keeps what changed while D1 was read", () => {
    const lanes = lanesWith(5);
    lanes.hold("freed", at(0));
    lanes.hold("dropped", at(0));
    lanes.beginMerge();
    lanes.hold("started", at(0));
    lanes.free("freed", 1);
    lanes.drop("dropped");
    lanes.merge(new Map(Object.entries({ freed: at(0), dropped: at(0) })));
    expect(["started", "freed", "dropped"].map((id) => lanes.holds(id))).toEqual([true, false, false]);
  });

  it("remembers a settle that came before the slot was known", () => {
    const lanes = lanesWith(5);
    lanes.beginMerge();
    lanes.free("finished", 1);
    lanes.merge(new Map([["finished", at(0)]]));
    expect(lanes.holds("finished")).toBe(false);
  });

  it("forgets what changed before it began", () => {
    const lanes = lanesWith(5);
    lanes.beginMerge();
    lanes.hold("a", at(0));
    lanes.merge(new Map());
    lanes.beginMerge();
    lanes.merge(new Map());
    expect(lanes.holds("a")).toBe(false);
  });

  const id = fc.constantFrom("a", "b", "c", "d");
  const change = fc.record({
    kind: fc.constantFrom("hold" as const, "free" as const, "drop" as const),
    id,
    attempt: fc.integer({ min: 0, max: 4 }),
  });

  it("is D1's word for every job, except those that changed since it began", () => {
    fc.assert(
      fc.property(
        fc.array(change),
        fc.array(change),
        fc.dictionary(id, fc.integer({ min: 0, max: 4 })),
        (before, during, stored) => {
          const lanes = lanesWith(100);
          const apply = ({ kind, id, attempt }: (typeof before)[number]) =>
            kind === "hold" ? lanes.hold(id, at(attempt)) : lanes[kind](id, attempt);
          before.forEach(apply);
          lanes.beginMerge();
          during.forEach(apply);
          const touched = new Map<string, boolean>(during.map(({ id }) => [id, lanes.holds(id)]));
          lanes.merge(new Map(Object.entries(stored).map(([id, attempt]) => [id, at(attempt)])));
          for (const id of ["a", "b", "c", "d"]) {
            expect(lanes.holds(id)).toBe(touched.get(id) ?? Object.hasOwn(stored, id));
          }
        },
      ),
    );
  });
});

describe("plan", () => {
  it("starts new jobs at once where nobody waits", () => {
    expect(lanesWith(10).plan(fresh({ a: 3 }), NOW).start).toEqual(fresh({ a: 3 }));
  });

  it("lets new jobs wait behind those that wait already", () => {
    const { start, release } = lanesWith(10, ["a"]).plan(fresh({ a: 3 }), NOW);
    expect([start.size, release.get("a")]).toEqual([0, 10]);
  });

  it("shares the room evenly, and what one does not need goes to the others", () => {
    const { start } = lanesWith(10).plan(fresh({ a: 100, b: 2, c: 100 }), NOW);
    expect(start).toEqual(fresh({ a: 4, b: 2, c: 4 }));
  });

  it("gives nothing when there is no room", () => {
    const lanes = lanesWith(1, ["a"]);
    lanes.hold("x", at(0));
    expect(lanes.plan(fresh({ b: 1 }), NOW)).toEqual({ start: new Map(), release: new Map() });
    expect(lanes.canRelease(NOW)).toBe(false);
  });

  it("serves the waiting queues in turn", () => {
    const lanes = lanesWith(1, ["a", "b", "c"]);
    const served = [1, 2, 3, 4, 5, 6].flatMap(() => [...lanes.plan(fresh(), NOW).release.keys()]);
    expect(served).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  it("leaves out a queue in which nobody waits any more", () => {
    const lanes = lanesWith(1, ["a", "b"]);
    lanes.drained("a");
    expect([...lanes.plan(fresh(), NOW).release.keys()]).toEqual(["b"]);
    expect([lanes.waitsIn("a"), lanes.waitsIn("b")]).toEqual([false, true]);
  });

  it("releases from at most 20 queues at once, and from the others next", () => {
    const queues = Array.from({ length: 50 }, (_, n) => `queue-${n}`);
    const lanes = lanesWith(1_000, queues);
    const plans = [1, 2, 3].map(() => [...lanes.plan(fresh(), NOW).release.keys()]);
    expect(plans.map((plan) => plan.length)).toEqual([20, 20, 20]);
    expect(new Set(plans.flat()).size).toBe(50);
  });

  it("takes over what a count found, in place of what it knew", () => {
    const lanes = lanesWith(10, ["a"]);
    lanes.recount(["b"], 12);
    expect([lanes.waitsIn("a"), lanes.waitsIn("b"), lanes.backlog]).toEqual([false, true, 12]);
  });

  const queue = fc.constantFrom("a", "b", "c", "d", "e", "f");
  const demand = fc.record({
    concurrency: fc.integer({ min: 1, max: 12 }),
    waiting: fc.uniqueArray(queue),
    arriving: fc.dictionary(queue, fc.integer({ min: 1, max: 15 })),
  });

  it("never gives more than the room, than a queue wants, or to those who must wait", () => {
    fc.assert(
      fc.property(demand, fc.nat(12), ({ concurrency, waiting, arriving }, held) => {
        const lanes = lanesWith(concurrency, waiting);
        for (let n = 0; n < held; n++) lanes.hold(`held-${n}`, at(0));
        const { start, release } = lanes.plan(fresh(arriving), NOW);
        expect(sum(start, release)).toBeLessThanOrEqual(lanes.room);
        for (const [queue, count] of start) {
          expect(waiting).not.toContain(queue);
          expect(count).toBeLessThanOrEqual(arriving[queue] ?? 0);
        }
        for (const queue of release.keys()) expect(waiting).toContain(queue);
        for (const count of [...start.values(), ...release.values()]) expect(count).toBeGreaterThan(0);
      }),
    );
  });

  it("leaves no room unused that somebody wants", () => {
    fc.assert(
      fc.property(demand, ({ concurrency, waiting, arriving }) => {
        const { start, release } = lanesWith(concurrency, waiting).plan(fresh(arriving), NOW);
        const wanted = waiting.length > 0 ? concurrency : sum(fresh(arriving));
        expect(sum(start, release)).toBe(Math.min(concurrency, wanted));
      }),
    );
  });

  it("gives everybody a share who wants one, while there is room for all of them", () => {
    fc.assert(
      fc.property(demand, ({ concurrency, waiting, arriving }) => {
        const { start, release } = lanesWith(concurrency, waiting).plan(fresh(arriving), NOW);
        const wanting = new Set([...waiting, ...Object.keys(arriving)]);
        expect(start.size + release.size).toBe(Math.min(concurrency, wanting.size));
      }),
    );
  });

  it("starves no waiting queue, whatever arrives in others", () => {
    const arriving = fc.dictionary(queue, fc.integer({ min: 1, max: 3 }));
    const scarce = fc.record({ concurrency: fc.integer({ min: 1, max: 4 }), waiting: fc.uniqueArray(queue), arriving });
    fc.assert(
      fc.property(scarce, ({ concurrency, waiting, arriving }) => {
        const lanes = lanesWith(concurrency, waiting);
        // As many turns as queues wait are enough, when each turn serves one at least.
        const served = waiting.flatMap(() => [...lanes.plan(fresh(arriving), NOW).release.keys()]);
        expect(new Set(served)).toEqual(new Set(waiting));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** A tenant whose gate obeys every plan: jobs arrive, wait, start and end, some of them again. */
describe("a tenant that obeys the plan", () => {
  type Event =
    | { readonly kind: "arrive"; readonly jobs: Record<string, number> }
    | { readonly kind: "settle"; readonly pick: number; readonly again: boolean };

  const queue = fc.constantFrom("a", "b", "c");
  const event: fc.Arbitrary<Event> = fc.oneof(
    fc.record({ kind: fc.constant("arrive" as const), jobs: fc.dictionary(queue, fc.integer({ min: 1, max: 6 })) }),
    fc.record({ kind: fc.constant("settle" as const), pick: fc.nat(), again: fc.boolean() }),
  );

  it("never has more jobs in flight than its concurrency, and runs all of them in the end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(event, { maxLength: 40 }), (concurrency, events) => {
        const lanes = new Lanes(concurrency);
        const waiting = new Map<string, string[]>();
        const inFlight = new Map<string, number>();
        let arrived = 0;
        let ended = 0;

        const turn = (jobs: Record<string, number>) => {
          const { start, release } = lanes.plan(fresh(jobs), NOW);
          const begin = (id: string) => {
            lanes.hold(id, at(0));
            inFlight.set(id, 0);
          };
          for (const [queue, count] of Object.entries(jobs)) {
            for (let n = 0; n < count; n++) {
              const id = `${queue}-${arrived++}`;
              if (n < (start.get(queue) ?? 0)) begin(id);
              else {
                waiting.set(queue, [...(waiting.get(queue) ?? []), id]);
                lanes.waits(queue);
              }
            }
          }
          for (const [queue, count] of release) {
            const line = waiting.get(queue) ?? [];
            line.splice(0, count).forEach(begin);
            if (line.length === 0) lanes.drained(queue);
          }
          expect(inFlight.size).toBeLessThanOrEqual(concurrency);
          expect(lanes.held).toBe(inFlight.size);
        };

        const settle = (pick: number, again: boolean) => {
          const ids = [...inFlight.keys()];
          const id = ids[pick % ids.length];
          if (id === undefined) return;
          inFlight.delete(id);
          ended++;
          lanes.free(id, 1);
          if (again) lanes.free(id, 1);
        };

        for (const one of events) {
          if (one.kind === "settle") settle(one.pick, one.again);
          turn(one.kind === "arrive" ? one.jobs : {});
        }
        for (let left = arrived; left > 0; left--) {
          settle(0, false);
          turn({});
        }
        expect([ended, lanes.held, lanes.canRelease(NOW)]).toEqual([arrived, 0, false]);
      }),
    );
  });
});
