import type { JobView } from "../../../src/protocol/job-view.ts";
import type { QueueView } from "../../../src/protocol/queue-view.ts";

export const NOW = Date.parse("2026-11-21T12:00:00.000Z");

/** An ISO time so many seconds after {@link NOW}. */
export const after = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();

let made = 0;

/** A queued job of the queue `mail`, ten seconds old, but for what is given. */
export function job(given: Partial<JobView> = {}): JobView {
  return {
    id: `01a1fd57-0000-7000-8000-${String(++made).padStart(12, "0")}`,
    type: "mail.send",
    queue: "mail",
    priority: 5,
    state: "queued",
    attempt: 0,
    maxAttempts: 5,
    createdAt: after(-10),
    startedAt: null,
    finishedAt: null,
    dueAt: null,
    callback: null,
    parentId: null,
    groupId: null,
    next: [],
    onFailure: null,
    nextJobId: null,
    expiresAt: null,
    cancelReason: null,
    replayOf: null,
    errors: [],
    ...given,
  };
}

/** A job that has failed, with this as its last error. */
export function failedJob(name: string, message: string, given: Partial<JobView> = {}): JobView {
  const error = { attempt: 1, startedAt: after(-6), at: after(-5), kind: "error" as const, name, message };
  return job({ state: "failed", attempt: 1, finishedAt: after(-5), errors: [error], ...given });
}

/** Settings of a queue, without limits but for what is given. */
export function settings(name: string, given: Partial<QueueView> = {}): QueueView {
  return { name, concurrency: null, rate: null, paused: false, createdAt: after(-99), updatedAt: after(-99), ...given };
}
