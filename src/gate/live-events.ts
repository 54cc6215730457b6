import { isTerminal } from "../domain/job.ts";
import { log } from "../log.ts";
import type { JobDraft, Settlement } from "../protocol/gate.ts";
import type { JobEvent } from "../protocol/live-event-view.ts";
import { type AttemptReport, endEvent, type FollowReply, type FollowRequest } from "../protocol/live-events.ts";
import { eventFrame } from "../protocol/server-sent-events.ts";
import type { FollowedJob, FollowedTenant } from "../storage/followed-jobs.ts";
import { EventLog, type LoggedEvent } from "./event-log.ts";
import type { Follower } from "./follower.ts";
import { Followers } from "./followers.ts";
import { WatchMark } from "./watch-mark.ts";

export interface LiveLimits {
  /** Streams at a time. */
  readonly streams: number;
  /** Events that are kept for those who come back. */
  readonly events: number;
  /** Frames that wait for one reader, beside what it may have come back for. */
  readonly waiting: number;
}

const LIMITS: LiveLimits = { streams: 100, events: 1_000, waiting: 500 };
/** After which a reader that has lost its stream comes back. */
const RETRY_MS = 2_000;
const ATTEMPT_ENDS: ReadonlySet<JobEvent["event"]> = new Set([
  "job.retrying",
  "job.succeeded",
  "job.failed",
  "job.cancelled",
]);

/** What has happened, as whoever knows of it tells it; now, when it does not say. */
export type Happened = Omit<LoggedEvent, Untold> & Partial<Pick<LoggedEvent, Untold>>;
type Untold = "at" | "progress" | "error";

/** A job that was stored. */
export function enqueued({ id, type, queue, dueAt }: JobDraft): Happened {
  return { event: "job.enqueued", id, type, queue, state: dueAt === null ? "queued" : "scheduled", attempt: 0 };
}

/**
 * A tenant's events for those who follow them as they happen: the newest are kept in memory, and each is sent to the
 * streams that want it. None of it is needed for a job to run; what is missed is in D1.
 */
export class LiveEvents {
  readonly #tenant: FollowedTenant;
  readonly #limits: LiveLimits;
  readonly #log: EventLog;
  readonly #followers: Followers;
  readonly #mark: WatchMark;
  #opening = 0;

  constructor(tenant: FollowedTenant, limits = LIMITS) {
    this.#tenant = tenant;
    this.#limits = limits;
    // Not the fence's number: a stream opens without a write to D1, and what counts is whether this memory goes on.
    this.#log = new EventLog(Date.now().toString(36), limits.events);
    this.#mark = new WatchMark(tenant);
    this.#followers = new Followers(
      { most: limits.streams, waiting: limits.events + limits.waiting },
      {
        position: () => this.#log.position,
        beat: (followers) => void this.#lookAgain(followers),
        allLeft: () => this.#mark.left(),
      },
    );
  }

  get isFollowed(): boolean {
    return this.#followers.count + this.#opening > 0;
  }

  publish({ at = Date.now(), progress = null, error = null, ...happened }: Happened): void {
    // What is told twice, as when an answer was lost, has happened once.
    const newest = this.#log.newestOf(happened.id);
    const isAgain = newest?.event === happened.event && newest.attempt === happened.attempt;
    if (isAgain && happened.event !== "job.progress") return;
    const kept = this.#log.append({ ...happened, at, progress, error });
    this.#followers.deliver(kept);
  }

  /** The end of an attempt that is committed. */
  settled({ id, attempt, state, job }: Settlement): void {
    if (job !== undefined) this.publish({ ...job, event: endEvent(state), id, attempt, state });
  }

  /** What consumers tell of attempts that go on. */
  report(reports: readonly AttemptReport[]): void {
    for (const report of reports) {
      // It may have been overtaken by the attempt's end.
      if (this.#isOver(report)) continue;
      const event = report.progress === null ? "job.started" : "job.progress";
      this.publish({ ...report, event, state: "running" });
    }
    if (!this.isFollowed) this.#mark.reportedToNobody();
  }

  async follow({ lastEventId, ...filter }: FollowRequest): Promise<FollowReply> {
    if (await this.#followers.areTooMany(() => this.#opening)) {
      return { kind: "overloaded", max: this.#limits.streams, current: this.#followers.count + this.#opening };
    }
    this.#opening++;
    const from = this.#log.position;
    const resumed = lastEventId === undefined ? null : this.#log.since(lastEventId);
    try {
      await this.#mark.set();
      const [job] = filter.jobId === undefined ? [] : await this.#tenant.read([filter.jobId]);
      if (filter.jobId !== undefined && job === undefined) return { kind: "job_not_found" };
      const follower = this.#followers.add(filter);
      // Even who sees no event has an id to come back with.
      follower.stream.send(eventFrame({ retry: RETRY_MS, id: resumed === null ? from : undefined }));
      if (resumed !== null) follower.resume(resumed);
      if (job !== undefined) follower.present(this.#asOf(job), from);
      // What came while the job was read is newer than what was read of it.
      follower.resume(this.#log.since(from));
      return { kind: "following", body: follower.stream.body };
    } catch (error) {
      log.warn("a stream could not be opened", { error });
      return { kind: "storage_unavailable" };
    } finally {
      this.#opening--;
    }
  }

  // A job whose end the gate was never told of has ended all the same.
  async #lookAgain(followers: readonly Follower[]): Promise<void> {
    const ids = followers.flatMap(({ filter, stream }) => (stream.isOpen ? (filter.jobId ?? []) : []));
    if (ids.length === 0) return;
    try {
      const jobs = new Map((await this.#tenant.read([...new Set(ids)])).map((job) => [job.id, job]));
      for (const follower of followers) {
        const job = jobs.get(follower.filter.jobId ?? "");
        if (job !== undefined && isTerminal(job.state)) follower.present(this.#asOf(job));
      }
    } catch (error) {
      log.warn("followed jobs could not be read", { jobs: ids.length, error });
    }
  }

  #asOf({ finishedAt, error, ...job }: FollowedJob): Omit<JobEvent, "event"> {
    const newest = this.#log.newestOf(job.id);
    const progress = newest?.attempt === job.attempt ? newest.progress : null;
    const at = new Date(finishedAt ?? Date.now()).toISOString();
    const hasFailed = job.state === "retrying" || job.state === "failed" || job.state === "cancelled";
    return { ...job, at, progress, error: hasFailed ? error : null };
  }

  #isOver({ id, attempt }: AttemptReport): boolean {
    const newest = this.#log.newestOf(id);
    if (newest === undefined) return false;
    return newest.attempt > attempt || (newest.attempt === attempt && ATTEMPT_ENDS.has(newest.event));
  }
}
