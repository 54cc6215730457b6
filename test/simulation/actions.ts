import { TenantGroups } from "../../src/api/tenant-groups.ts";
import { TenantPlans } from "../../src/api/tenant-plans.ts";
import { TenantSchedules } from "../../src/api/tenant-schedules.ts";
import type { CallbackCondition } from "../../src/domain/callback.ts";
import type { FailurePolicy } from "../../src/domain/group.ts";
import { firstJobIdAt } from "../../src/domain/id.ts";
import type { QueueLimits } from "../../src/domain/queue-settings.ts";
import type { MissedPolicy, Overlap } from "../../src/domain/schedule.ts";
import type { StoredCallback } from "../../src/protocol/callback.ts";
import type { JobDraft } from "../../src/protocol/gate.ts";
import type { GroupDraft } from "../../src/protocol/groups.ts";
import { type ArmedFault, withFault } from "./faults.ts";
import { chainOf, type FlowShape, groupOf } from "./flow-drafts.ts";
import { callbackUrl } from "./handlers.ts";
import type { Model } from "./model.ts";
import { changeQueue, suspend } from "./settings-changes.ts";
import { TENANT, type World } from "./world.ts";

export interface JobShape {
  readonly delayMs: number | null;
  readonly expireMs: number | null;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  /** Jobs with the same are the same, for so long; or until the first has finished. */
  readonly unique?: { readonly key: string; readonly ms: number | null } | null;
  /** Which end of it is told. */
  readonly callback?: CallbackCondition | null;
  readonly flow?: FlowShape | null;
}

/** What happens to a queue's settings. */
export type QueueAction = "pause" | "resume" | Omit<QueueLimits, "paused">;

/** What is done to a schedule. */
export type ScheduleAction =
  | "pause"
  | "resume"
  | { readonly cron: string; readonly overlap: Overlap; readonly missed: MissedPolicy };

/** Something that happens; to the first tenant, where none is named. */
export type Action = { readonly tenant?: string } & (
  | { readonly kind: "enqueue"; readonly jobs: readonly JobShape[]; readonly group?: FailurePolicy | null }
  | { readonly kind: "cancel group"; readonly pick: number }
  | { readonly kind: "repeat"; readonly pick: number }
  | { readonly kind: "repeat all"; readonly count: number }
  | { readonly kind: "deliver"; readonly picks: readonly number[]; readonly again: boolean }
  | { readonly kind: "deliver all" | "kill gate" | "lose alarm" | "cron" | "advance to alarm" }
  | { readonly kind: "drop message" | "cancel" | "run now" | "kill consumer"; readonly pick: number }
  | { readonly kind: "end"; readonly pick: number; readonly outcome: "succeeds" | "fails" | "fails for good" }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "queue"; readonly queue: string; readonly change: QueueAction }
  | { readonly kind: "suspend" | "resume"; readonly told: boolean }
  | { readonly kind: "schedule"; readonly name: string; readonly change: ScheduleAction }
  | { readonly kind: "replay"; readonly queue: string; readonly perSecond: number }
  | ({ readonly kind: "fault" } & ArmedFault)
);

/** Has an action happen, and everything that follows from it without time passing. */
export async function perform(world: World, model: Model, action: Action): Promise<void> {
  const tenant = action.tenant ?? TENANT;
  const jobs = model.of(tenant);
  switch (action.kind) {
    case "enqueue": {
      const first = jobs.drafts.length;
      const drafts = action.jobs.map((shape, index) => draft(tenant, shape, first + index, world.clock.now));
      if (action.group == null) enqueue(world, model, tenant, drafts);
      else enqueue(world, model, tenant, drafts, groupOf(tenant, first, action.group, world.clock.now));
      break;
    }
    case "repeat": {
      const known = at(jobs.drafts, action.pick);
      // A group's are repeated all together, or they are another request.
      if (known && known.groupId == null) enqueue(world, model, tenant, [known]);
      break;
    }
    case "repeat all":
      enqueue(world, model, tenant, jobs.drafts.slice(-action.count));
      break;
    case "deliver":
      await world.deliver(
        action.picks.map((pick) => pick % Math.max(1, world.messages.length)),
        action.again,
      );
      break;
    case "deliver all":
      await world.deliver(world.messages.map((_, index) => index));
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
    case "advance to alarm":
      await world.advance((world.nextAlarmMs ?? 0) + 1);
      break;
    case "cancel":
    case "run now": {
      const id = at(jobs.drafts, action.pick)?.id;
      if (id === undefined) break;
      if (action.kind === "run now") jobs.ranEarly(id);
      world
        .gate(tenant)
        .change(action.kind === "cancel" ? "cancel" : "run", id)
        .catch(() => undefined);
      break;
    }
    case "cancel group":
      cancelGroup(world, tenant, action.pick).catch(() => undefined);
      break;
    case "kill consumer":
      at(world.consumers, action.pick)?.kill();
      break;
    case "kill gate":
      world.killGate(tenant);
      break;
    case "lose alarm":
      world.loseAlarm(tenant);
      break;
    case "cron":
      await world.cron();
      break;
    case "queue":
      void changeQueue(world, model, tenant, action.queue, action.change);
      break;
    case "suspend":
    case "resume":
      void suspend(world, model, tenant, action);
      break;
    case "schedule":
      changeSchedule(world, tenant, action.name, action.change).catch(() => undefined);
      break;
    case "replay":
      replay(world, tenant, action.queue, action.perSecond).catch(() => undefined);
      break;
    case "fault":
      world.decide = withFault(action, world.decide);
      break;
  }
  await world.clock.flush();
}

function enqueue(world: World, model: Model, tenant: string, jobs: readonly JobDraft[], group?: GroupDraft): void {
  const drafts = group === undefined ? jobs : jobs.map((job) => ({ ...job, groupId: group.id }));
  const answered = model.of(tenant).sent(drafts);
  world
    .gate(tenant)
    .enqueue(drafts, { metered: true, ...(group && { group }) })
    .then(answered, () => answered("lost"));
}

async function cancelGroup(world: World, tenant: string, pick: number): Promise<void> {
  const groups = world.sqlite.prepare("SELECT id FROM job_groups WHERE tenant_id = ? ORDER BY id").all(tenant);
  const id = at(groups, pick)?.["id"];
  if (id !== undefined) await new TenantGroups(world.asApi(tenant), tenant).cancel(String(id));
}

// Tenants share ids, queues and keys, so that a statement that forgets the tenant changes the other one's.
function draft(tenant: string, shape: JobShape, number: number, now: number): JobDraft {
  const id = `${firstJobIdAt(now).slice(0, -12)}${number.toString(16).padStart(12, "0")}`;
  const { delayMs, expireMs, queue, priority, maxAttempts, unique = null, callback = null, flow = null } = shape;
  const enqueues = flow === null || flow.children === 0 ? {} : { children: flow.children, grouped: flow.grouped };
  const payload = JSON.stringify({ of: tenant, ...enqueues });
  return {
    id,
    type: "work",
    queue,
    priority,
    maxAttempts,
    timeoutMs: 30_000,
    backoff: JSON.stringify({ kind: "fixed", baseMs: 2_000 }),
    solo: false,
    idempotencyKey: null,
    requestDigest: id,
    payload,
    payloadBytes: payload.length,
    payloadBlob: null,
    blobs: [],
    dueAt: delayMs === null ? null : now + delayMs,
    expiresAt: expireMs === null || (delayMs ?? 0) >= expireMs ? null : now + expireMs,
    uniqueKey: unique?.key ?? null,
    uniqueMs: unique?.ms ?? null,
    replayOf: null,
    callback: callback === null ? null : storedCallback(tenant, id, callback),
    next: flow && chainOf(tenant, id, flow),
  };
}

function storedCallback(tenant: string, id: string, on: CallbackCondition): string {
  const key = `7fff-8000-${id.slice(-12)}`;
  return JSON.stringify({ url: callbackUrl(tenant), on, key } satisfies StoredCallback);
}

async function changeSchedule(world: World, tenant: string, name: string, change: ScheduleAction): Promise<void> {
  const schedules = new TenantSchedules(world.asApi(tenant), tenant);
  if (change === "pause") await schedules.pause(name);
  else if (change === "resume") await schedules.resume(name);
  else await schedules.put(name, { type: "work", payload: { of: tenant }, queue: "a", maxAttempts: 1, ...change });
}

async function replay(world: World, tenant: string, queue: string, perSecond: number): Promise<void> {
  const plans = new TenantPlans(world.asApi(tenant), tenant, "replay");
  const { id } = await plans.plan({ state: "failed", queue });
  await plans.confirm(id, perSecond);
}

function at<T>(items: readonly T[], pick: number): T | undefined {
  return items[pick % Math.max(1, items.length)];
}
