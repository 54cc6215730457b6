import { pause, retryPauseMs } from "../pause.ts";
import { type ChangedJob, cancelJobs, runNow } from "../storage/change-jobs.ts";
import type { FollowUp } from "../storage/ending-jobs.ts";
import { assertFence, isFenced } from "../storage/gate-fence.ts";
import { guardD1, isRefusal } from "../storage/guarded-d1.ts";
import { type GroupOfJobs, insertGroups } from "../storage/insert-groups.ts";
import { insertedIds, insertJobs, type Placed } from "../storage/insert-jobs.ts";
import { type RecalledJob, type ReleasedJob, recallReleased, releaseWaiting } from "../storage/release-jobs.ts";
import type { OpenGate } from "./open-gate.ts";

export interface WriteRequest {
  readonly placed: readonly Placed[];
  readonly groups: readonly GroupOfJobs[];
  /** Ids of jobs to cancel, and of those to run now. */
  readonly cancels: readonly string[];
  readonly runs: readonly string[];
  /** Queues whose jobs are called back that are released and not yet claimed. */
  readonly recall: readonly string[];
  /** How many waiting jobs to release, by queue. */
  readonly release: ReadonlyMap<string, number>;
  readonly now: number;
  readonly claimBy: number;
  /** The write takes effect before this time, or not at all. */
  readonly deadline: number;
}

export interface Written {
  readonly inserted: ReadonlySet<string>;
  readonly cancelled: ReadonlyMap<string, ChangedJob>;
  /** What follows on the ends of those. */
  readonly followUps: readonly FollowUp[];
  readonly run: ReadonlyMap<string, ChangedJob>;
  readonly recalled: readonly RecalledJob[];
  readonly released: ReadonlyMap<string, readonly ReleasedJob[]>;
  /** False when a first try may have done more than what is reported here. */
  readonly certain: boolean;
  /** A read that has this bookmark sees the write, from whichever replica. */
  readonly bookmark: string | null;
}

/** The write may or may not have taken effect; it can no longer do so later. */
export class OutcomeUnknown extends Error {
  override readonly name = "OutcomeUnknown";
}

const FIRST_PAUSE_MS = 50;
/** What D1's reply may take after the deadline in the statement; also covers clocks that differ a little. */
const REPLY_MARGIN_MS = 500;

/**
 * Everything that the gate has to write now, as one transaction: inserts, then changes and recalls, then releases
 * (which may take what was just inserted). When the outcome of a try is unknown, all is tried again until the deadline
 * but the releases, since a second one would release others.
 * @throws OutcomeUnknown, an error of `assertFence` (nothing was written), or a refusal (nothing was written)
 */
export async function writeJobs(gate: OpenGate, request: WriteRequest): Promise<Written> {
  const { placed, groups, cancels, runs, recall, now, claimBy, deadline } = request;
  const release = [...request.release];
  for (let attempt = 1; ; attempt++) {
    const session = gate.d1.withSession("first-primary");
    const db = guardD1(session, Math.max(1, deadline + REPLY_MARGIN_MS - Date.now()));
    const inserting = insertJobs(db, gate.tenantId, placed, { now, claimBy });
    const grouping = insertGroups(db, gate.tenantId, groups, now);
    const cancelling = cancels.length > 0 ? cancelJobs(db, gate.tenantId, cancels, now) : [];
    const running = runs.length > 0 ? [runNow(db, gate.tenantId, runs, now)] : [];
    const recalling = recall.length > 0 ? [recallReleased(db, gate.tenantId, recall)] : [];
    const releases = attempt === 1 ? release : [];
    try {
      const results = await db.batch([
        ...inserting,
        ...grouping,
        ...cancelling,
        ...running,
        ...recalling,
        ...releases.map(([queue, count]) => releaseWaiting(db, gate.tenantId, queue, count, claimBy)),
        assertFence(db, gate.fence, deadline),
      ]);
      const rows = results.map((result) => result.results as readonly unknown[]);
      const rest = rows.slice(inserting.length + grouping.length);
      const [cancelled = [], ...followed] = rest.splice(0, cancelling.length);
      const [run = []] = rest.splice(0, running.length) as ChangedJob[][];
      const [recalled = []] = rest.splice(0, recalling.length) as RecalledJob[][];
      const released = rest as ReleasedJob[][];
      return {
        inserted: insertedIds(placed, results.slice(0, inserting.length)),
        cancelled: byId(cancelled as ChangedJob[]),
        followUps: followed.flat() as FollowUp[],
        run: byId(run),
        recalled,
        released: new Map(releases.map(([queue], index) => [queue, released[index] ?? []])),
        certain: attempt === 1,
        bookmark: session.getBookmark(),
      };
    } catch (error) {
      if (isFenced(error) && attempt > 1) throw new OutcomeUnknown("the deadline has passed", { cause: error });
      if (isFenced(error) || isRefusal(error)) throw error;
      const pauseMs = retryPauseMs(attempt, FIRST_PAUSE_MS);
      if (Date.now() + pauseMs >= deadline) throw new OutcomeUnknown("D1 did not confirm a write", { cause: error });
      await pause(pauseMs);
    }
  }
}

function byId(jobs: readonly ChangedJob[]): Map<string, ChangedJob> {
  return new Map(jobs.map((job) => [job.id, job]));
}
