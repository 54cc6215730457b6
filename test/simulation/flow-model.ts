import type { DatabaseSync } from "node:sqlite";
import { CALLBACK_TYPE, isCalledBack } from "../../src/domain/callback.ts";
import { isTerminal } from "../../src/domain/job.ts";
import { readCallback } from "../../src/protocol/callback.ts";
import { nextJobId, readChain } from "../../src/protocol/chain.ts";
import type { Part } from "./flow-drafts.ts";
import type { Row } from "./job-model.ts";

interface Group {
  readonly id: string;
  readonly on_failure: "continue" | "stop";
  readonly total: number;
  readonly stopped_at: number | null;
  readonly completed_at: number | null;
  readonly failed: number | null;
  readonly cancelled: number | null;
}

type Follower = Part | "callback";

/** What does not hold of what has followed on the ends of a tenant's jobs: all that should, once, and nothing else. */
export function flowViolations(sqlite: DatabaseSync, tenantId: string, rows: readonly Row[]): string[] {
  const groups = sqlite.prepare("SELECT * FROM job_groups WHERE tenant_id = ?").all(tenantId) as unknown as Group[];
  const byParent = Map.groupBy(rows, ({ parent_id }) => parent_id);
  const known = new Set(groups.map(({ id }) => id));
  return [
    ...rows.flatMap((row) => jobViolations(row, byParent.get(row.id) ?? [])),
    ...rows.flatMap(({ id, group_id }) =>
      group_id === null || known.has(group_id) ? [] : [`${id} is of the group ${group_id}, which is not there`],
    ),
    ...groups.flatMap((group) => groupViolations(group, rows)),
  ];
}

function jobViolations(row: Row, followers: readonly Row[]): string[] {
  const { id, state, callback } = row;
  const chain = readChain(row.next);
  const succeeded = state === "succeeded";
  const follows = chain !== null && isCalledBack(chain.on, state);
  const wanted: Record<Exclude<Follower, "last">, number> = {
    callback: isCalledBack(readCallback(callback)?.on ?? null, state) ? 1 : 0,
    then: follows && succeeded ? 1 : 0,
    undo: follows && !succeeded ? 1 : 0,
    child: succeeded ? (payloadOf(row).children ?? 0) : 0,
  };
  const found = Object.entries(wanted).flatMap(([kind, count]) => {
    const there = followers.filter((follower) => kindOf(follower) === kind).length;
    return there === count ? [] : [`${id} is ${state}, and is followed by ${there} (${kind}) instead of ${count}`];
  });
  const next = followers.find((follower) => ["then", "undo"].includes(String(kindOf(follower))));
  return next === undefined || chain === null ? found : [...found, ...nextViolations(row, next)];
}

function nextViolations(row: Row, next: Row): string[] {
  const chain = readChain(row.next);
  const succeeded = row.state === "succeeded";
  const found: string[] = [];
  const id = chain && nextJobId(chain, succeeded, row.finished_at ?? 0);
  if (next.id !== id) found.push(`${row.id} is followed by ${next.id}, and says ${id}`);
  const came = succeeded ? next.previous === row.result : JSON.parse(next.previous ?? "{}").id === row.id;
  if (!came) found.push(`${next.id} has ${next.previous} of ${row.id}, which has ${row.result}`);
  if (next.group_id !== (succeeded ? row.group_id : null)) found.push(`${next.id} is of the group ${next.group_id}`);
  const rest = readChain(next.next)?.steps.length ?? 0;
  if (succeeded && rest !== (chain?.steps.length ?? 0) - 1) found.push(`${next.id} is followed by ${rest} jobs`);
  return found;
}

function groupViolations(group: Group, rows: readonly Row[]): string[] {
  const { id, total, completed_at, stopped_at, on_failure } = group;
  const jobs = rows.filter(({ group_id }) => group_id === id);
  const count = (state: string) => jobs.filter((job) => job.state === state).length;
  const [failed, cancelled] = [count("failed"), count("cancelled")];
  const isOver = jobs.every(({ state }) => isTerminal(state));
  // Somebody may have had it run again: that is told the same, and is another job.
  const isLast = (row: Row) => kindOf(row) === "last" && row.replay_of === null;
  const lasts = rows.filter((row) => isLast(row) && JSON.parse(row.previous ?? "{}").group === id);
  const found: string[] = [];
  const members = jobs.filter((job) => kindOf(job) !== "then").length;
  if (members !== total) found.push(`the group ${id} has ${members} members, and says ${total}`);
  if (isOver !== (completed_at !== null)) found.push(`the group ${id} is over: ${isOver}, complete: ${completed_at}`);
  if (lasts.length !== (isOver ? 1 : 0)) found.push(`the group ${id} is over: ${isOver}, followed by ${lasts.length}`);
  const stops = on_failure === "stop" && failed + cancelled > 0;
  if (stops && stopped_at === null) found.push(`the group ${id} has a failure, and is not stopped`);
  if (isOver && (group.failed !== failed || group.cancelled !== cancelled)) {
    found.push(`the group ${id} has ${failed} failed and ${cancelled} cancelled jobs, and says otherwise`);
  }
  return found;
}

function kindOf(row: Row): Follower | undefined {
  return row.type === CALLBACK_TYPE ? "callback" : payloadOf(row).part;
}

function payloadOf({ payload }: Row): { readonly part?: Part; readonly children?: number } {
  return JSON.parse(payload ?? "{}");
}
