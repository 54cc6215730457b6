import * as fc from "fast-check";
import type { StartRate } from "../../src/domain/queue-settings.ts";
import type { Action, JobShape, QueueAction, ScheduleAction } from "./actions.ts";
import { type ArmedFault, TARGETS, type Target } from "./faults.ts";
import type { Fault } from "./process.ts";
import { CRONS } from "./tick-model.ts";
import { TENANTS } from "./world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const pick = fc.nat(20);
const tenant = fc.constantFrom(...TENANTS.keys());
const queue = fc.constantFrom("a", "b");

const job: fc.Arbitrary<JobShape> = fc.record({
  delayMs: fc.option(fc.constantFrom(SECOND, MINUTE), { freq: 3 }),
  expireMs: fc.option(fc.constantFrom(5 * SECOND, 2 * MINUTE), { freq: 5 }),
  queue,
  priority: fc.nat(9),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
});
const toldJob: fc.Arbitrary<JobShape> = fc
  .record({ shape: job, callback: fc.option(fc.constantFrom("both", "both", "success", "failure"), { freq: 2 }) })
  .map(({ shape, callback }) => ({ ...shape, callback }));
const plainJob: fc.Arbitrary<JobShape> = job.map((shape) => ({ ...shape, delayMs: null, expireMs: null }));
const uniqueJob: fc.Arbitrary<JobShape> = fc
  .record({ shape: job, key: fc.constantFrom("one", "two"), ms: fc.constantFrom(null, null, 20 * SECOND) })
  .map(({ shape, key, ms }) => ({ ...shape, unique: { key, ms } }));

const flowJob: fc.Arbitrary<JobShape> = fc
  .record({
    shape: toldJob,
    flow: fc.record({
      steps: fc.constantFrom(0, 1, 2),
      undo: fc.boolean(),
      children: fc.constantFrom(0, 0, 0, 2),
      grouped: fc.boolean(),
    }),
  })
  .map(({ shape, flow }) => ({ ...shape, flow }));

const is = <const Kind extends string>(kind: Kind) => fc.constant(kind);

const enqueue = (shape: fc.Arbitrary<JobShape>) =>
  fc.record({ kind: is("enqueue"), tenant, jobs: fc.array(shape, { minLength: 1, maxLength: 6 }) });
const enqueueGroup = fc
  .record({ flow: enqueue(flowJob), group: fc.constantFrom("continue", "stop") })
  .map(({ flow, group }) => ({ ...flow, group }));
const cancelGroup = fc.record({ kind: is("cancel group"), tenant, pick });
const repeat = fc.record({ kind: is("repeat"), tenant, pick });
const deliver = fc.record({
  kind: is("deliver"),
  picks: fc.array(pick, { minLength: 1, maxLength: 4 }),
  again: fc.boolean(),
});
const deliverAll = fc.record({ kind: is("deliver all") });
const outcome = fc.constantFrom("succeeds", "succeeds", "fails", "fails for good");
const end = fc.record({ kind: is("end"), pick, outcome });
const advance = fc.oneof(
  fc.record({ kind: is("advance to alarm") }),
  fc.record({
    kind: is("advance"),
    ms: fc.constantFrom(50, SECOND, SECOND, 6 * SECOND, 6 * SECOND, 31 * SECOND, 2 * MINUTE, 61 * MINUTE),
  }),
);
const oneJob = fc.record({ kind: fc.constantFrom("cancel", "run now", "drop message", "kill consumer"), tenant, pick });
const mishap = fc.record({ kind: fc.constantFrom("kill gate", "lose alarm", "cron"), tenant });

const lateMs = fc.constantFrom(2 * SECOND, 8 * SECOND, 20 * SECOND, 65 * SECOND, 90 * SECOND);
const faultOf = (on: fc.Arbitrary<Target>): fc.Arbitrary<{ kind: "fault" } & ArmedFault> =>
  fc.record({
    kind: is("fault"),
    on,
    fault: fc.oneof(
      fc.constantFrom<Fault>("fails before", "fails after", "never answers", "dies before", "dies after"),
      fc.record({ lateMs, dies: fc.boolean() }),
    ),
    after: fc.constantFrom(0, 0, 0, 1, 2, 5),
    calls: fc.constantFrom(1, 1, 1, 3, 10),
  });

/** A write of the gate goes wrong while others want the same slots. */
const wrongWrite: fc.Arbitrary<Action[]> = fc
  .tuple(faultOf(is("gate write")), enqueue(plainJob), fc.boolean(), enqueue(plainJob), advance)
  .map(([fault, first, killed, second, advance]) => [
    fault,
    first,
    ...(killed ? [{ kind: "kill gate", tenant: first.tenant } as const] : []),
    { ...second, tenant: first.tenant },
    { kind: "deliver all" },
    advance,
  ]);

/** The end of an attempt goes wrong, or what is told of it; its job runs again, if it does. */
const wrongEnd: fc.Arbitrary<Action[]> = fc
  .tuple(faultOf(fc.constantFrom("finish", "settle", "claim")), end, advance, advance)
  .map(([fault, end, first, second]) => [
    { kind: "deliver all" },
    fault,
    end,
    first,
    { kind: "deliver all" },
    second,
    { kind: "deliver all" },
  ]);

const concurrency: fc.Arbitrary<number | null> = fc.option(fc.integer({ min: 1, max: 2 }));
const rate: fc.Arbitrary<StartRate | null> = fc.option(
  fc.record({ limit: fc.integer({ min: 1, max: 3 }), periodMs: fc.constantFrom(SECOND, 10 * SECOND, MINUTE) }),
);
const limits: fc.Arbitrary<QueueAction> = fc.record({ concurrency, rate });
const queueChange = fc.record({
  kind: is("queue"),
  tenant,
  queue,
  change: fc.oneof(fc.constantFrom<QueueAction>("pause", "pause", "resume"), limits),
});

const suspension = fc.record({
  kind: fc.constantFrom("suspend", "resume", "resume"),
  tenant,
  told: fc.boolean(),
});

const schedule: fc.Arbitrary<ScheduleAction> = fc.record({
  cron: fc.constantFrom(...CRONS.keys()),
  overlap: fc.constantFrom("allow", "skip"),
  missed: fc.constantFrom("skip", "runOnce"),
});
const scheduleChange = fc.record({
  kind: is("schedule"),
  tenant,
  name: fc.constantFrom("first", "second"),
  change: fc.oneof({ weight: 3, arbitrary: schedule }, fc.constantFrom<ScheduleAction>("pause", "resume")),
});
const replay = fc.record({ kind: is("replay"), tenant, queue, perSecond: fc.constantFrom(1, 100) });

type Weighted = fc.WeightedArbitrary<Action | Action[]>;
const some = (weight: number, arbitrary: fc.Arbitrary<Action | Action[]>): Weighted => ({ weight, arbitrary });

const ORDINARY: Weighted[] = [
  some(8, deliver),
  some(4, deliverAll),
  some(8, end),
  some(6, advance),
  some(2, oneJob),
  some(2, mishap),
  some(3, faultOf(fc.constantFrom(...TARGETS))),
];

/** Kinds of histories: what happens in them, the ordinary more often than the rest. */
export const MIXES = {
  "the ordinary day": [
    ...ORDINARY,
    some(6, enqueue(toldJob)),
    some(1, repeat),
    some(1, suspension),
    some(3, wrongWrite),
    some(3, wrongEnd),
  ],
  "limits of queues": [
    ...ORDINARY,
    some(8, enqueue(plainJob)),
    some(6, queueChange),
    some(2, suspension),
    some(1, wrongWrite),
  ],
  "the clock and the same again": [
    ...ORDINARY,
    some(3, enqueue(toldJob)),
    some(6, enqueue(uniqueJob)),
    some(2, repeat),
    some(3, scheduleChange),
    some(2, replay),
    some(1, suspension),
    some(1, wrongWrite),
  ],
  "what follows on the ends of jobs": [
    ...ORDINARY,
    some(5, enqueue(flowJob)),
    some(4, enqueueGroup),
    some(1, cancelGroup),
    some(1, repeat),
    some(1, replay),
    some(1, suspension),
    some(1, wrongWrite),
    some(4, wrongEnd),
  ],
} as const satisfies Record<string, readonly Weighted[]>;

/** Histories of one mix: each is what happens, and a seed for what chance decides. */
export function histories(mix: keyof typeof MIXES): fc.Arbitrary<readonly [Action[], number]> {
  const events = fc.array(fc.oneof(...MIXES[mix]), { minLength: 1, maxLength: 40, size: "max" });
  return fc.tuple(
    events.map((all) => all.flat()),
    fc.nat(),
  );
}
