import * as fc from "fast-check";
import { firstJobIdAt } from "../../src/domain/id.ts";
import type { StoredCallback } from "../../src/protocol/callback.ts";
import type { JobDraft } from "../../src/protocol/gate.ts";
import type { Model } from "./model.ts";
import type { Fault } from "./process.ts";
import type { World } from "./world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

interface JobShape {
  readonly delayMs: number | null;
  readonly expireMs: number | null;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  /** Somebody is told when it has ended. */
  readonly callback: boolean;
}

export type Action =
  | { readonly kind: "enqueue"; readonly jobs: readonly JobShape[] }
  | { readonly kind: "repeat"; readonly pick: number }
  | { readonly kind: "repeat all"; readonly count: number }
  | { readonly kind: "deliver"; readonly picks: readonly number[]; readonly again: boolean }
  | { readonly kind: "drop message" | "cancel" | "run now" | "kill consumer"; readonly pick: number }
  | { readonly kind: "end"; readonly pick: number; readonly outcome: "succeeds" | "fails" | "fails for good" }
  | { readonly kind: "kill gate" | "lose alarm" | "cron" }
  | { readonly kind: "suspend" | "resume"; readonly told: boolean }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "fault"; readonly fault: Fault; readonly after: number; readonly calls: number };

const pick = fc.nat(20);
const job: fc.Arbitrary<JobShape> = fc.record({
  delayMs: fc.option(fc.constantFrom(SECOND, MINUTE), { freq: 3 }),
  expireMs: fc.option(fc.constantFrom(5 * SECOND, 2 * MINUTE), { freq: 5 }),
  queue: fc.constantFrom("a", "b"),
  priority: fc.nat(9),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  callback: fc.boolean(),
});

const some = <T extends Action>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

/** Everything that can happen, the ordinary more often than the rest. */
export const action: fc.Arbitrary<Action> = fc.oneof(
  some(6, fc.record({ kind: fc.constant("enqueue"), jobs: fc.array(job, { minLength: 1, maxLength: 6 }) })),
  some(1, fc.record({ kind: fc.constant("repeat"), pick })),
  some(
    8,
    fc.record({
      kind: fc.constant("deliver"),
      picks: fc.array(pick, { minLength: 1, maxLength: 4 }),
      again: fc.boolean(),
    }),
  ),
  some(
    8,
    fc.record({
      kind: fc.constant("end"),
      pick,
      outcome: fc.constantFrom("succeeds", "succeeds", "fails", "fails for good"),
    }),
  ),
  some(
    5,
    fc.record({
      kind: fc.constant("advance"),
      ms: fc.constantFrom(50, SECOND, 6 * SECOND, 31 * SECOND, 2 * MINUTE, 61 * MINUTE),
    }),
  ),
  some(2, fc.record({ kind: fc.constantFrom("cancel", "run now", "drop message", "kill consumer"), pick })),
  some(2, fc.record({ kind: fc.constantFrom("kill gate", "lose alarm", "cron") })),
  some(1, fc.record({ kind: fc.constantFrom("suspend", "resume", "resume"), told: fc.boolean() })),
  some(
    4,
    fc.record({
      kind: fc.constant("fault"),
      fault: fc.constantFrom("fails before", "fails after", "never answers", "comes late", "dies before", "dies after"),
      after: fc.nat(5),
      calls: fc.constantFrom(1, 1, 3, 10),
    }),
  ),
);

/** Has an action happen, and everything that follows from it without time passing. */
export async function perform(world: World, model: Model, action: Action): Promise<void> {
  switch (action.kind) {
    case "enqueue":
      enqueue(
        world,
        model,
        action.jobs.map((shape, index) => draft(shape, model.drafts.length + index, world.clock.now)),
      );
      break;
    case "repeat": {
      const known = at(model.drafts, action.pick);
      if (known) enqueue(world, model, [known]);
      break;
    }
    case "repeat all":
      enqueue(world, model, model.drafts.slice(-action.count));
      break;
    case "deliver":
      await world.deliver(
        action.picks.map((pick) => pick % Math.max(1, world.messages.length)),
        action.again,
      );
      break;
    case "drop message":
      world.messages.splice(action.pick % Math.max(1, world.messages.length), 1);
      break;
    case "end":
      at([...world.running], action.pick)?.end(action.outcome);
      break;
    case "advance":
      await world.advance(action.ms);
      break;
    case "cancel":
    case "run now": {
      const id = at(model.drafts, action.pick)?.id;
      if (id === undefined) break;
      if (action.kind === "run now") model.ranEarly(id);
      world.gate.change(action.kind === "cancel" ? "cancel" : "run", id).catch(() => undefined);
      break;
    }
    case "kill consumer":
      at(world.consumers, action.pick)?.kill();
      break;
    case "kill gate":
      world.killGate();
      break;
    case "lose alarm":
      world.loseAlarm();
      break;
    case "cron":
      await world.cron();
      break;
    case "suspend":
    case "resume":
      world.suspend(action.kind === "suspend");
      // The call to the gate may be lost as any other.
      if (action.told) world.gate.reload().catch(() => undefined);
      break;
    case "fault":
      world.decide = during(action);
      break;
  }
  await world.clock.flush();
}

function enqueue(world: World, model: Model, drafts: readonly JobDraft[]): void {
  const answered = model.sent(drafts);
  world.gate.enqueue(drafts).then(answered, () => answered("lost"));
}

function draft(shape: JobShape, number: number, now: number): JobDraft {
  const id = `${firstJobIdAt(now).slice(0, -12)}${number.toString(16).padStart(12, "0")}`;
  return {
    id,
    type: "work",
    queue: shape.queue,
    priority: shape.priority,
    maxAttempts: shape.maxAttempts,
    timeoutMs: 30_000,
    backoff: JSON.stringify({ kind: "fixed", baseMs: 2_000 }),
    solo: false,
    idempotencyKey: null,
    requestDigest: id,
    payload: "{}",
    payloadBytes: 2,
    payloadBlob: null,
    blobs: [],
    dueAt: shape.delayMs === null ? null : now + shape.delayMs,
    expiresAt: shape.expireMs === null || (shape.delayMs ?? 0) >= shape.expireMs ? null : now + shape.expireMs,
    uniqueKey: null,
    uniqueMs: null,
    replayOf: null,
    callback: shape.callback ? storedCallback(id) : null,
  };
}

function storedCallback(id: string): string {
  const key = `7fff-8000-${id.slice(-12)}`;
  return JSON.stringify({ url: "https://hooks.example.com/", on: "both", key } satisfies StoredCallback);
}

function during({ fault, after, calls }: Extract<Action, { kind: "fault" }>): World["decide"] {
  let made = 0;
  return () => {
    made++;
    return made > after && made <= after + calls ? fault : "none";
  };
}

function at<T>(items: readonly T[], pick: number): T | undefined {
  return items[pick % Math.max(1, items.length)];
}
