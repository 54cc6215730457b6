import type { Placed } from "../storage/insert-jobs.ts";
import type { ChangeCall } from "./calls.ts";
import { enqueued } from "./live-events.ts";
import type { OpenGate } from "./open-gate.ts";
import { type Sendable, toSendable } from "./pack-messages.ts";
import type { Written } from "./write-jobs.ts";

/** Has a gate know and send what a write has done, and answers those who have asked for changes. */
export function applyWritten(
  gate: OpenGate,
  written: Written,
  asked: {
    readonly placed: readonly Placed[];
    readonly release: ReadonlyMap<string, number>;
    readonly changes: readonly ChangeCall[];
  },
): void {
  applyInserts(gate, asked.placed, written);
  applyRecalls(gate, written);
  applyReleases(gate, written, asked.release);
  applyChanges(gate, asked.changes, written);
}

function applyInserts(gate: OpenGate, placed: readonly Placed[], { inserted }: Written): void {
  const started: Sendable[] = [];
  for (const { draft, released } of placed) {
    if (!inserted.has(draft.id)) continue;
    gate.live.publish(enqueued(draft));
    if (released) started.push(toSendable(draft));
    else {
      if (draft.dueAt === null) gate.lanes.waits(draft.queue);
      gate.lanes.backlog++;
    }
  }
  gate.sender.send(started);
}

function applyRecalls({ lanes }: OpenGate, { recalled }: Written): void {
  for (const { id, queue } of recalled) {
    lanes.takeBack(id);
    lanes.waits(queue);
    lanes.backlog++;
  }
}

function applyReleases(gate: OpenGate, { released }: Written, asked: ReadonlyMap<string, number>): void {
  for (const [queue, jobs] of released) {
    for (const job of jobs) gate.lanes.hold(job.id, job);
    gate.lanes.backlog -= jobs.length;
    const missing = (asked.get(queue) ?? 0) - jobs.length;
    if (missing > 0) {
      gate.lanes.refund(queue, missing);
      gate.lanes.drained(queue);
    }
    gate.sender.send(jobs);
  }
}

function applyChanges(gate: OpenGate, changes: readonly ChangeCall[], { cancelled, followUps, run }: Written): void {
  for (const job of cancelled.values()) {
    const { state, id, queue } = job;
    if (state === "running") continue;
    gate.live.publish({ ...job, event: "job.cancelled" });
    if (!gate.lanes.drop(id)) gate.lanes.backlog--;
    gate.stats.endedByGate(queue, "cancelled");
    gate.waiters.wake(id);
  }
  gate.lanes.backlog += followUps.filter(({ dueAt }) => dueAt !== null).length;
  for (const { change, jobId, answer } of changes) {
    const changed = change === "cancel" ? cancelled.get(jobId) : run.get(jobId);
    if (changed === undefined) answer("not_changed");
    else answer(changed.state === "running" ? "running" : "done");
  }
}
