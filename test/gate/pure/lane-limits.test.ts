import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QueueRules, type QueueSettings } from "../../../src/domain/queue-settings.ts";
import { TokenBucket } from "../../../src/domain/token-bucket.ts";
import { Lanes } from "../../../src/gate/lanes.ts";

const NOW = 1_000_000;
const NOTHING: ReadonlyMap<string, number> = new Map();
const fresh = (jobs: Record<string, number>) => new Map(Object.entries(jobs));
const settings = (name: string, given: Partial<QueueSettings> = {}): QueueSettings => ({
  name,
  concurrency: null,
  rate: null,
  paused: false,
  ...given,
});

function lanesWith(concurrency: number, rules: readonly QueueSettings[], waiting: readonly string[] = []): Lanes {
  const lanes = new Lanes(concurrency);
  lanes.configure(new QueueRules(rules), NOW);
  for (const queue of waiting) lanes.waits(queue);
  return lanes;
}

describe("a lane", () => {
  it("starts no more new jobs than its own concurrency", () => {
    const lanes = lanesWith(100, [settings("mail", { concurrency: 2 })]);
    expect(lanes.plan(fresh({ mail: 10, other: 10 }), NOW).start).toEqual(fresh({ mail: 2, other: 10 }));
  });

  it("gets what its own slots leave, and leaves the rest to others", () => {
    const lanes = lanesWith(10, [settings("mail", { concurrency: 3 })], ["mail", "bulk"]);
    lanes.hold("m", { queue: "mail", attempt: 0 });
    expect(lanes.plan(NOTHING, NOW).release).toEqual(fresh({ mail: 2, bulk: 7 }));
  });

  it("of each name that a pattern matches has the limits for itself", () => {
    const lanes = lanesWith(100, [settings("customer/*", { concurrency: 1 })], ["customer/1", "customer/2"]);
    lanes.hold("first", { queue: "customer/3", attempt: 0 });
    lanes.waits("customer/3");
    expect(lanes.plan(NOTHING, NOW).release).toEqual(fresh({ "customer/1": 1, "customer/2": 1 }));
  });

  it("for callbacks has a tenth of its tenant's concurrency, or what settings say", () => {
    const start = (concurrency: number, rules: readonly QueueSettings[] = []) =>
      lanesWith(concurrency, rules)
        .plan(fresh({ "sluice.callbacks": 50 }), NOW)
        .start.get("sluice.callbacks");
    expect([1, 10, 11, 100].map((concurrency) => start(concurrency))).toEqual([1, 1, 2, 10]);
    expect(start(100, [settings("sluice.callbacks", { concurrency: 40 })])).toBe(40);
    expect(start(100, [settings("sluice.callbacks")])).toBe(10);
  });

  it("for callbacks that is full leaves the rest to real work", () => {
    const lanes = lanesWith(20, [], ["sluice.callbacks", "mail"]);
    for (const id of ["a", "b"]) lanes.hold(id, { queue: "sluice.callbacks", attempt: 0 });
    expect(lanes.plan(NOTHING, NOW).release).toEqual(fresh({ mail: 18 }));
    lanes.drained("mail");
    expect(lanes.canRelease(NOW)).toBe(false);
  });

  it("that is full keeps no gate busy, and goes on when one of its slots is free", () => {
    const lanes = lanesWith(100, [settings("mail", { concurrency: 1 })], ["mail"]);
    lanes.hold("m", { queue: "mail", attempt: 0 });
    expect([lanes.canRelease(NOW), lanes.releasableAt()]).toEqual([false, null]);
    lanes.hold("other", { queue: "other", attempt: 0 });
    lanes.free("other", 1);
    expect(lanes.canRelease(NOW)).toBe(false);
    lanes.free("m", 1);
    expect(lanes.canRelease(NOW)).toBe(true);
  });

  it("that is paused starts nothing until it is resumed", () => {
    const lanes = lanesWith(100, [settings("mail", { paused: true })], ["mail"]);
    expect(lanes.plan(fresh({ mail: 3 }), NOW)).toEqual({ release: NOTHING, start: NOTHING });
    expect([lanes.canRelease(NOW), lanes.hasRoom("mail", NOW), lanes.mayRestart("mail", NOW)]).toEqual(
      Array.from({ length: 3 }, () => false),
    );
    lanes.configure(new QueueRules(), NOW);
    expect(lanes.canRelease(NOW)).toBe(true);
  });

  it("that waits for tokens says when it goes on", () => {
    const lanes = lanesWith(100, [settings("mail", { rate: { limit: 2, periodMs: 1_000 } })], ["mail"]);
    expect(lanes.plan(NOTHING, NOW).release).toEqual(fresh({ mail: 2 }));
    expect([lanes.canRelease(NOW), lanes.releasableAt()]).toEqual([false, NOW + 500]);
    expect([lanes.canRelease(NOW + 499), lanes.canRelease(NOW + 500)]).toEqual([false, true]);
    expect(lanes.plan(NOTHING, NOW + 500).release).toEqual(fresh({ mail: 1 }));
  });

  it("that waits for tokens waits for nothing while the tenant has no room", () => {
    const lanes = lanesWith(1, [settings("mail", { rate: { limit: 1, periodMs: 1_000 } })], ["mail"]);
    lanes.start("m", { queue: "mail", attempt: 0 }, NOW);
    expect([lanes.canRelease(NOW), lanes.releasableAt()]).toEqual([false, null]);
    lanes.free("m", 1);
    expect([lanes.canRelease(NOW), lanes.releasableAt()]).toEqual([false, NOW + 1_000]);
    lanes.hold("other", { queue: "other", attempt: 0 });
    expect([lanes.canRelease(NOW + 9_000), lanes.releasableAt()]).toEqual([false, null]);
  });

  it("gets the token back of a job that has not started", () => {
    const lanes = lanesWith(100, [settings("mail", { rate: { limit: 1, periodMs: 60_000 } })]);
    lanes.start("m", { queue: "mail", attempt: 0 }, NOW);
    expect(lanes.hasRoom("mail", NOW)).toBe(false);
    lanes.takeBack("m");
    expect([lanes.hasRoom("mail", NOW), lanes.held]).toEqual([true, 0]);
  });

  it("goes on before its time when a token comes back", () => {
    const lanes = lanesWith(100, [settings("mail", { rate: { limit: 1, periodMs: 60_000 } })], ["mail"]);
    lanes.start("m", { queue: "mail", attempt: 0 }, NOW);
    expect(lanes.canRelease(NOW)).toBe(false);
    lanes.refund("mail", 1);
    expect(lanes.canRelease(NOW)).toBe(true);
  });

  it("that may start nothing takes no share from others", () => {
    const lanes = lanesWith(1, [settings("mail", { paused: true })]);
    expect(lanes.plan(fresh({ mail: 1, other: 1 }), NOW).start).toEqual(fresh({ other: 1 }));
  });

  it("keeps the slots that it has when its limit is lowered below them", () => {
    const lanes = lanesWith(100, [], ["mail"]);
    for (const id of ["a", "b", "c"]) lanes.hold(id, { queue: "mail", attempt: 0 });
    lanes.configure(new QueueRules([settings("mail", { concurrency: 2 })]), NOW);
    expect([lanes.held, lanes.canRelease(NOW)]).toEqual([3, false]);
    lanes.free("a", 1);
    expect(lanes.canRelease(NOW)).toBe(false);
    lanes.free("b", 1);
    expect(lanes.plan(NOTHING, NOW).release).toEqual(fresh({ mail: 1 }));
  });

  it("is found behind thousands that are held back", () => {
    const paused = Array.from({ length: 5_000 }, (_, n) => `paused/${n}`);
    const lanes = lanesWith(100, [settings("paused/*", { paused: true })], [...paused, "mail"]);
    expect([...lanes.plan(NOTHING, NOW).release.keys()]).toEqual(["mail"]);
  });
});

/** A tenant whose gate obeys every plan, while its limits change, its queues pause and its gate merges and recounts. */
describe("a tenant with limits on its queues", () => {
  const QUEUES = ["a", "b", "lane/1", "lane/2"] as const;
  type Event =
    | { readonly kind: "arrive"; readonly jobs: Record<string, number> }
    | { readonly kind: "settle"; readonly pick: number }
    | { readonly kind: "limit"; readonly rules: readonly QueueSettings[] }
    | { readonly kind: "clock"; readonly by: number }
    | { readonly kind: "merge" };

  const limits = (name: string): fc.Arbitrary<QueueSettings> =>
    fc.record({
      name: fc.constant(name),
      concurrency: fc.option(fc.integer({ min: 1, max: 4 })),
      rate: fc.option(
        fc.record({ limit: fc.integer({ min: 1, max: 5 }), periodMs: fc.integer({ min: 1_000, max: 9_000 }) }),
      ),
      paused: fc.boolean(),
    });
  const rules = fc.subarray(["a", "b", "lane/1", "lane/*"]).chain((names) => fc.tuple(...names.map(limits)));
  const queue = fc.constantFrom(...QUEUES);
  const event: fc.Arbitrary<Event> = fc.oneof(
    fc.record({ kind: fc.constant("arrive" as const), jobs: fc.dictionary(queue, fc.integer({ min: 1, max: 6 })) }),
    fc.record({ kind: fc.constant("settle" as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant("limit" as const), rules }),
    fc.record({ kind: fc.constant("clock" as const), by: fc.nat(3_000) }),
    fc.record({ kind: fc.constant("merge" as const) }),
  );

  class Tenant {
    now = NOW;
    readonly lanes: Lanes;
    readonly waiting = new Map<string, string[]>();
    readonly inFlight = new Map<string, string>();
    readonly #concurrency: number;
    #rules = new QueueRules();
    /** What each queue may start by its rate, kept apart from what the lanes know. */
    #buckets = new Map<string, TokenBucket>();
    arrived = 0;
    ended = 0;

    constructor(concurrency: number) {
      this.#concurrency = concurrency;
      this.lanes = new Lanes(concurrency);
    }

    limit(given: readonly QueueSettings[]): void {
      const before = this.#buckets;
      this.#rules = new QueueRules(given);
      this.#buckets = new Map();
      for (const queue of QUEUES) {
        const { rate } = this.#rules.limitsOf(queue);
        if (rate === null) continue;
        const bucketLimits = { rate: rate.limit, burst: rate.limit, periodMs: rate.periodMs };
        this.#buckets.set(queue, new TokenBucket(bucketLimits, this.now, before.get(queue)?.spent(this.now)));
      }
      this.lanes.configure(this.#rules, this.now);
      // What the paused ones have released, and nobody has claimed, is called back.
      for (const [id, queue] of this.inFlight) {
        if (!this.#rules.limitsOf(queue).paused || Number(id.split("-")[1]) % 2 === 0) continue;
        this.inFlight.delete(id);
        this.waiting.set(queue, [id, ...(this.waiting.get(queue) ?? [])]);
        this.#buckets.get(queue)?.refund(1);
        this.lanes.takeBack(id);
        this.lanes.waits(queue);
      }
    }

    /** How many jobs of a queue may start now, as its limits say. */
    allowed(queue: string): number {
      const { paused, concurrency } = this.#rules.limitsOf(queue);
      if (paused) return 0;
      const held = [...this.inFlight.values()].filter((one) => one === queue).length;
      const tokens = this.#buckets.get(queue)?.remaining(this.now) ?? Number.POSITIVE_INFINITY;
      return Math.max(0, Math.min(this.#concurrency - this.inFlight.size, tokens, (concurrency ?? 1_000) - held));
    }

    turn(jobs: Record<string, number> = {}): void {
      const allowed = new Map(QUEUES.map((queue) => [queue as string, this.allowed(queue)]));
      const canRelease = QUEUES.some((queue) => allowed.get(queue)! > 0 && (this.waiting.get(queue) ?? []).length > 0);
      expect(this.lanes.canRelease(this.now)).toBe(canRelease);
      const { start, release } = this.lanes.plan(fresh(jobs), this.now);
      expect(release.size > 0).toBe(canRelease);
      for (const [queue, count] of [...start, ...release]) {
        expect(count).toBeGreaterThan(0);
        expect(count).toBeLessThanOrEqual(allowed.get(queue) ?? 0);
        this.#buckets.get(queue)?.take(count, this.now);
      }
      for (const [queue, count] of Object.entries(jobs)) {
        for (let n = 0; n < count; n++) this.#arrive(queue, n < (start.get(queue) ?? 0));
      }
      for (const [queue, count] of release) {
        const line = this.waiting.get(queue) ?? [];
        const released = line.splice(0, count);
        for (const id of released) {
          this.inFlight.set(id, queue);
          this.lanes.hold(id, { queue, attempt: 0 });
        }
        if (released.length < count) {
          this.#buckets.get(queue)?.refund(count - released.length);
          this.lanes.refund(queue, count - released.length);
          this.lanes.drained(queue);
        }
        if (line.length === 0) this.lanes.drained(queue);
      }
      expect(this.inFlight.size).toBeLessThanOrEqual(this.#concurrency);
      expect(this.lanes.held).toBe(this.inFlight.size);
    }

    #arrive(queue: string, starts: boolean): void {
      const id = `job-${this.arrived++}`;
      if (starts) {
        this.inFlight.set(id, queue);
        this.lanes.start(id, { queue, attempt: 0 }, this.now);
      } else {
        this.waiting.set(queue, [...(this.waiting.get(queue) ?? []), id]);
        this.lanes.waits(queue);
      }
    }

    settle(pick: number): void {
      const id = [...this.inFlight.keys()][pick % this.inFlight.size];
      if (id === undefined) return;
      this.inFlight.delete(id);
      this.lanes.free(id, 1);
      this.ended++;
    }

    merge(): void {
      this.lanes.beginMerge();
      this.lanes.merge(new Map([...this.inFlight].map(([id, queue]) => [id, { queue, attempt: 0 }])));
      const waiting = [...this.waiting].flatMap(([queue, line]) => (line.length > 0 ? [queue] : []));
      this.lanes.recount(waiting, 0);
    }

    apply(one: Event): void {
      if (one.kind === "settle") this.settle(one.pick);
      if (one.kind === "limit") this.limit(one.rules);
      if (one.kind === "clock") this.now += one.by;
      if (one.kind === "merge") this.merge();
      this.turn(one.kind === "arrive" ? one.jobs : {});
    }

    get unfinished(): number {
      return this.arrived - this.ended;
    }
  }

  it("exceeds none of them whatever happens, and never looks for what it may not release", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(event, { maxLength: 60 }), (concurrency, events) => {
        const tenant = new Tenant(concurrency);
        for (const one of events) tenant.apply(one);
      }),
      { numRuns: 500 },
    );
  });

  it("starves no queue that is not paused: ends and time alone bring all of its jobs to their end", () => {
    const unpaused = rules.map((all) => all.map((one) => ({ ...one, paused: false })));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(event, { maxLength: 30 }),
        unpaused,
        (concurrency, events, last) => {
          const tenant = new Tenant(concurrency);
          for (const one of events) tenant.apply(one);
          tenant.limit(last);
          for (let turn = 0; turn < 500 && tenant.unfinished > 0; turn++) {
            if (tenant.inFlight.size > 0) tenant.settle(turn);
            else tenant.now = tenant.lanes.releasableAt() ?? tenant.now;
            tenant.turn();
          }
          expect([tenant.unfinished, tenant.lanes.held]).toEqual([0, 0]);
          expect(tenant.lanes.canRelease(tenant.now)).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });
});
