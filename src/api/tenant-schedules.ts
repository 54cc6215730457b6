import { blobsIn } from "../domain/blob.ts";
import { nextTick, nextTicks } from "../domain/cron.ts";
import { type Duration, durationMs } from "../domain/duration.ts";
import { utf8Bytes } from "../domain/utf8-bytes.ts";
import { draftJobs } from "../drafts/draft-jobs.ts";
import { readCallback } from "../protocol/callback.ts";
import { readChain, type StoredStep, scheduledChain } from "../protocol/chain.ts";
import { pointer } from "../protocol/field-errors.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import type { ScheduleList, ScheduleView } from "../protocol/schedule-view.ts";
import { isScheduleName, type ScheduledDraft, scheduleRequestSchema } from "../protocol/schedules.ts";
import { type FieldError, invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import { INLINE_BYTES } from "../storage/payload-objects.ts";
import {
  deleteSchedule,
  listSchedules,
  MOST_SCHEDULES,
  pauseSchedule,
  putSchedule,
  readSchedule,
  resumeSchedule,
} from "../storage/schedules.ts";
import type { ScheduleRow } from "../storage/schema/schedules.ts";
import { type AllowedTypes, assertType, assertTypesOf } from "./allowed-types.ts";
import { chainView } from "./chain-view.ts";
import { checkedRequest } from "./checked-request.ts";
import type { Deployment } from "./deployment.ts";
import type { Enqueued } from "./enqueue-jobs.ts";
import { inStorage } from "./in-storage.ts";
import { TenantJobs } from "./tenant-jobs.ts";
import { wakeGate } from "./wake-gate.ts";

const NEXT_RUNS = 5;

/** What can be done with one tenant's schedules. Every method throws `SluiceError`. */
export class TenantSchedules {
  readonly #deployment: Deployment;
  readonly #tenantId: string;
  readonly #types: AllowedTypes;

  /** @param types those of the jobs whose schedules the caller may see and change */
  constructor(deployment: Deployment, tenantId: string, types: AllowedTypes = null) {
    this.#deployment = deployment;
    this.#tenantId = tenantId;
    this.#types = types;
  }

  /** Makes a schedule, or changes it into this; the same again changes nothing. */
  async put(name: string, value: unknown): Promise<{ readonly created: boolean; readonly view: ScheduleView }> {
    if (!isScheduleName(name)) {
      throw new SluiceError("invalid_parameter", 'name: must be 1 to 100 letters, digits, ".", "_", "-"');
    }
    assertTypesOf(this.#types, [{ value, path: [] }]);
    const { cron, timezone, overlap, missed, paused, ...job } = checkedRequest(scheduleRequestSchema, value);
    const draft = JSON.stringify(await this.#draft(name, job));
    await this.#assertMayReplace(name);
    const now = Date.now();
    const first = nextTick(cron, timezone, now);
    if (first === null) throw invalidRequest([{ pointer: "#/cron", detail: "never comes", code: "custom" }]);
    const nextAt = paused ? null : first;
    const settings = { name, cron, timezone, overlap, missed, paused, nextAt, draft };
    const put = await inStorage(this.#deployment.env, (db) => putSchedule(db, this.#tenantId, settings, now));
    if (put === null) {
      throw new SluiceError("too_many_schedules", `There are ${MOST_SCHEDULES} schedules already`, {
        limit: { name: "schedules", max: MOST_SCHEDULES, current: MOST_SCHEDULES },
      });
    }
    await this.#wake(put.row);
    return { created: put.created, view: view(put.row, now) };
  }

  async get(name: string): Promise<ScheduleView> {
    return view(await this.#row(name), Date.now());
  }

  /** A page by name, of schedules whose names come after `after`. */
  async list(after: string, limit: number): Promise<ScheduleList> {
    const rows = await inStorage(this.#deployment.env, (db) =>
      listSchedules(db, this.#tenantId, after, limit + 1, this.#types),
    );
    const shown = rows.slice(0, limit);
    const now = Date.now();
    return {
      data: shown.map((row) => view(row, now)),
      nextCursor: rows.length > limit ? (shown.at(-1)?.name ?? null) : null,
    };
  }

  /** Jobs that it has enqueued stay. */
  async delete(name: string): Promise<void> {
    await this.#assertMayReplace(name);
    if (!(await inStorage(this.#deployment.env, (db) => deleteSchedule(db, this.#tenantId, name))))
      throw notFound(name);
  }

  async pause(name: string): Promise<ScheduleView> {
    await this.#assertMayReplace(name);
    await inStorage(this.#deployment.env, (db) => pauseSchedule(db, this.#tenantId, name, Date.now()));
    return this.get(name);
  }

  /** Goes on with the next tick from now: those of the pause never run. */
  async resume(name: string): Promise<ScheduleView> {
    const now = Date.now();
    const paused = await this.#row(name);
    if (paused.paused === 0) return view(paused, now);
    const nextAt = nextTick(paused.cron, paused.timezone, now);
    await inStorage(this.#deployment.env, (db) => resumeSchedule(db, paused, nextAt, now));
    const row = await this.#row(name);
    if (row.paused === 1) {
      const detail = "The schedule was changed meanwhile, and is still paused";
      throw new SluiceError("storage_unavailable", detail, { retryAfterMs: 1_000 });
    }
    await this.#wake(row);
    return view(row, now);
  }

  /** Enqueues its job now, beside the ticks, as any other job: with the same id it is the same job. */
  async run(name: string, id = newJobId()): Promise<Enqueued> {
    const { type, payload, queue, priority, maxAttempts, ...draft } = draftOf(await this.#row(name));
    const { expireInMs, callback, next = null } = draft;
    const chain = readChain(next);
    const options = {
      ...(expireInMs !== null && { expireIn: `${expireInMs}ms` }),
      ...(callback != null && { callback }),
      ...(chain !== null && chain.steps.length > 0 && { then: chain.steps.map(stepRequest) }),
      ...(chain?.onFailure && { onFailure: stepRequest(chain.onFailure) }),
    };
    const value = { id, type, payload: JSON.parse(payload ?? "null"), queue, priority, maxAttempts, ...options };
    return new TenantJobs(this.#deployment, this.#tenantId).enqueue([{ value, path: [] }]);
  }

  async #draft(name: string, job: { readonly expireIn?: Duration | undefined }): Promise<ScheduledDraft> {
    const [checked] = await draftJobs([{ value: job, path: [] }], this.#deployment);
    if (checked === undefined) throw new SluiceError("internal_error", "The job was not checked");
    const errors = [...payloadErrors(checked.payload), ...chainErrors(checked.draft.next ?? null)];
    if (errors.length > 0) throw invalidRequest(errors);
    const { id: _id, dueAt: _dueAt, expiresAt: _expiresAt, callback: stored, ...draft } = checked.draft;
    const callback = readCallback(stored);
    const next = await scheduledChain(draft.next ?? null, name);
    const { nextJobId: _nextJobId, ...flow } = chainView(readChain(next), null);
    return {
      ...draft,
      ...(next !== null && { next, flow }),
      // Without its key, which is each job's own.
      ...(callback !== null && { callback: { url: callback.url, on: callback.on } }),
      expireInMs: job.expireIn === undefined ? null : durationMs(job.expireIn),
    };
  }

  async #row(name: string): Promise<ScheduleRow> {
    const row = isScheduleName(name)
      ? await inStorage(this.#deployment.env, (db) => readSchedule(db, this.#tenantId, name))
      : null;
    if (row === null) throw notFound(name);
    this.#assertTypes(row);
    return row;
  }

  async #assertMayReplace(name: string): Promise<void> {
    if (this.#types === null) return;
    const row = await inStorage(this.#deployment.env, (db) => readSchedule(db, this.#tenantId, name));
    if (row !== null) this.#assertTypes(row);
  }

  #assertTypes(row: ScheduleRow): void {
    const { type, flow } = draftOf(row);
    for (const follows of [{ type }, ...(flow?.next ?? []), ...(flow?.onFailure ? [flow.onFailure] : [])]) {
      assertType(this.#types, follows.type);
    }
  }

  async #wake({ nextAt, name }: ScheduleRow): Promise<void> {
    if (nextAt !== null) await wakeGate(this.#deployment.env, this.#tenantId, nextAt, "a schedule", { schedule: name });
  }
}

// What a schedule keeps is in its row alone: nothing in R2 has to live as long as it.
function payloadErrors(payload: string): FieldError[] {
  const bytes = utf8Bytes(payload);
  if (bytes > INLINE_BYTES) {
    const detail = `a schedule's payload has at most ${INLINE_BYTES} bytes, this one has ${bytes}`;
    return [{ pointer: "#/payload", detail, code: "too_big" }];
  }
  return blobErrors(payload, ["payload"]);
}

function chainErrors(next: string | null): FieldError[] {
  const { steps = [], onFailure } = readChain(next) ?? {};
  return [
    ...steps.flatMap(({ payload }, index) => blobErrors(payload, ["then", index, "payload"])),
    ...(onFailure === undefined ? [] : blobErrors(onFailure.payload, ["onFailure", "payload"])),
  ];
}

function blobErrors(payload: string, at: readonly PropertyKey[]): FieldError[] {
  return [...blobsIn(JSON.parse(payload)).values()].map((path) => ({
    pointer: pointer([...at, ...path]),
    detail: "a schedule can name no blob: jobs may name one only for 24 hours",
    code: "blob_in_schedule",
  }));
}

/** What follows on a schedule's job, as a caller would ask for it. */
function stepRequest(step: StoredStep): object {
  const { type, queue, priority, maxAttempts, payload, delayMs, expireInMs } = step;
  const callback = readCallback(step.callback);
  return {
    type,
    queue,
    priority,
    maxAttempts,
    payload: JSON.parse(payload),
    ...(delayMs > 0 && { delay: `${delayMs}ms` }),
    ...(expireInMs !== null && { expireIn: `${expireInMs}ms` }),
    ...(callback !== null && { callback: { url: callback.url, on: callback.on } }),
  };
}

function notFound(name: string): SluiceError {
  return new SluiceError("schedule_not_found", `There is no schedule ${name.slice(0, 100)}`);
}

function draftOf(row: ScheduleRow): ScheduledDraft {
  return JSON.parse(row.draft);
}

function view(row: ScheduleRow, now: number): ScheduleView {
  const { name, cron, timezone, overlap, missed, nextAt, lastTick, lastJobId } = row;
  const { type, queue, priority, maxAttempts, expireInMs, payload, callback = null, flow } = draftOf(row);
  return {
    name,
    cron,
    timezone,
    type,
    queue,
    priority,
    maxAttempts,
    expireIn: expireInMs === null ? null : expireInMs / 1_000,
    callback,
    next: flow?.next ?? [],
    onFailure: flow?.onFailure ?? null,
    overlap,
    missed,
    paused: row.paused === 1,
    nextRuns: nextAt === null ? [] : nextTicks(cron, timezone, now, NEXT_RUNS).map(isoTime),
    lastRun: lastTick === null || lastJobId === null ? null : { at: isoTime(lastTick), jobId: lastJobId },
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
    // Lists are read without it.
    ...(typeof payload === "string" && { payload: JSON.parse(payload) }),
  };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
