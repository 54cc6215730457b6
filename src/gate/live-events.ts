import { isTerminal } from "../domain/job.ts";
import { log } from "../log.ts";
import { pause } from "../pause.ts";
import type { JobDraft, Settlement } from "../protocol/gate.ts";
import {
  type AttemptReport,
  type EventFilter,
  endEvent,
  type FollowReply,
  type FollowRequest,
  type JobEvent,
} from "../protocol/live-events.ts";
import { eventFrame } from "../protocol/server-sent-events.ts";
import type { FollowedJob, FollowedTenant } from "../storage/followed-jobs.ts";
import { EventLog, type KeptEvent, type Resumed } from "./event-log.ts";
import { EventStream } from "./event-stream.ts";

export interface LiveLimits {
  /** Streams at a time. */
  readonly streams: number;
  /** Events that are kept for those who come back. */
  readonly events: number;
  /** Frames that wait for one reader. */
  readonly waiting: number;
}

const LIMITS: LiveLimits = { streams: 100, events: 1_000, waiting: 500 };
const BEAT_MS = 15_000;
const NOTICE_MS = 250;
/** A reader that takes nothing of what waits for it is gone after this time. */
const STUCK_MS = 60_000;
/** The longest that a stream lasts: its reader then comes back, with a key that is looked at again. */
const LONGEST_MS = 30 * 60_000;
const MARK_MS = 2 * LONGEST_MS;
/** So long after the last stream has ended, consumers are told that nobody follows. */
const LINGER_MS = 60_000;
const RETRY_MS = 2_000;
const ATTEMPT_ENDS: ReadonlySet<JobEvent["event"]> = new Set([
  "job.retrying",
  "job.succeeded",
  "job.failed",
  "job.cancelled",
]);

interface Follower {
  readonly filter: EventFilter;
  readonly stream: EventStream;
  readonly until: number;
}

/** What has happened, as whoever knows of it tells it. `at`: milliseconds since the epoch. */
export type Happened = Omit<JobEvent, "at" | "progress" | "error"> &
  Partial<Pick<JobEvent, "progress" | "error">> & { readonly at?: number };

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
  readonly #followers = new Set<Follower>();
  #opening = 0;
  #beat: ReturnType<typeof setInterval> | null = null;
  #beatAt = 0;
  #markedUntil = 0;
  #leftAt = Date.now();

  constructor(tenant: FollowedTenant, limits = LIMITS) {
    this.#tenant = tenant;
    this.#limits = limits;
    this.#log = new EventLog(Date.now().toString(36), limits.events);
  }

  get isFollowed(): boolean {
    return this.#streams > 0;
  }

  publish({ at = Date.now(), progress = null, error = null, ...happened }: Happened): void {
    // What is told twice, as when an answer was lost, has happened once.
    const newest = this.#log.newestOf(happened.id);
    const isAgain = newest?.event === happened.event && newest.attempt === happened.attempt;
    if (isAgain && happened.event !== "job.progress") return;
    const kept = this.#log.append({ ...happened, at: new Date(at).toISOString(), progress, error });
    for (const follower of this.#followers) deliver(follower, kept);
  }

  /** The end of an attempt that is committed. */
  settled({ id, attempt, state, job }: Settlement): void {
    if (job === undefined) return;
    this.publish({ ...job, event: endEvent(state), id, attempt, state });
  }

  /** What consumers tell of attempts that go on. */
  report(reports: readonly AttemptReport[]): void {
    for (const { progress, ...report } of reports) {
      // It may have been overtaken by the attempt's end.
      if (this.#isOver(report)) continue;
      this.publish({ ...report, state: "running", event: progress === null ? "job.started" : "job.progress", progress });
    }
    if (!this.isFollowed && Date.now() - this.#leftAt >= LINGER_MS) this.#unmark();
  }

  async follow({ lastEventId, ...filter }: FollowRequest): Promise<FollowReply> {
    if (this.#streams >= this.#limits.streams) await this.#noticeWhoLeft();
    const { streams: max } = this.#limits;
    if (this.#streams >= max) return { kind: "overloaded", max, current: this.#streams };
    this.#opening++;
    const from = this.#log.position;
    const resumed = lastEventId === undefined ? null : this.#log.since(lastEventId);
    try {
      await this.#mark();
      const [job] = filter.jobId === undefined ? [] : await this.#tenant.read([filter.jobId]);
      if (filter.jobId !== undefined && job === undefined) return { kind: "job_not_found" };
      const follower = this.#open(filter);
      // Even who sees no event has an id to come back with.
      follower.stream.send(eventFrame({ retry: RETRY_MS, id: resumed === null ? from : undefined }));
      if (resumed !== null) resume(follower, resumed);
      if (job !== undefined) this.#present(follower, job, from);
      // What came while the job was read is newer than what was read of it.
      resume(follower, this.#log.since(from));
      return { kind: "following", body: follower.stream.body };
    } catch (error) {
      log.warn("a stream could not be opened", { error });
      return { kind: "storage_unavailable" };
    } finally {
      this.#opening--;
    }
  }

  #open(filter: EventFilter): Follower {
    const stream = new EventStream(this.#limits.events + this.#limits.waiting, () => this.#left(follower));
    const follower: Follower = { filter, stream, until: Date.now() + LONGEST_MS };
    this.#followers.add(follower);
    this.#beat ??= setInterval(() => void this.#onBeat(), BEAT_MS);
    return follower;
  }

  #left(follower: Follower): void {
    this.#followers.delete(follower);
    this.#leftAt = Date.now();
    if (this.#followers.size > 0 || this.#beat === null) return;
    clearInterval(this.#beat);
    this.#beat = null;
  }

  #present({ stream }: Follower, { finishedAt, error, ...job }: FollowedJob, id?: string): void {
    const newest = this.#log.newestOf(job.id);
    const progress = newest?.attempt === job.attempt ? newest.progress : null;
    const at = new Date(finishedAt ?? Date.now()).toISOString();
    const isFailure = job.state === "retrying" || job.state === "failed" || job.state === "cancelled";
    const data: Omit<JobEvent, "event"> = { ...job, at, progress, error: isFailure ? error : null };
    stream.send(eventFrame({ id, event: "job.state", data: JSON.stringify(data) }));
    if (isTerminal(job.state)) stream.end();
  }

  get #streams(): number {
    return this.#followers.size + this.#opening;
  }

  // That a reader has gone shows only when it is sent something.
  async #noticeWhoLeft(): Promise<void> {
    if (Date.now() - this.#beatAt >= NOTICE_MS) this.#sendBeats();
    await pause(NOTICE_MS);
  }

  async #onBeat(): Promise<void> {
    this.#sendBeats();
    await this.#lookAgain();
  }

  #sendBeats(): void {
    const now = Date.now();
    this.#beatAt = now;
    const beat = eventFrame({ comment: "", id: this.#log.position });
    for (const { stream, until } of this.#followers) {
      const { stuckSince } = stream;
      if (stuckSince !== null && now - stuckSince >= STUCK_MS) stream.abort();
      else if (now >= until) stream.end("time");
      else if (stuckSince === null) stream.send(beat);
    }
  }

  // A job whose end the gate was never told of has ended all the same.
  async #lookAgain(): Promise<void> {
    const followed = [...this.#followers].filter(({ filter, stream }) => filter.jobId !== undefined && stream.isOpen);
    if (followed.length === 0) return;
    try {
      const jobs = await this.#tenant.read([...new Set(followed.flatMap(({ filter }) => filter.jobId ?? []))]);
      const ended = new Map(jobs.filter(({ state }) => isTerminal(state)).map((job) => [job.id, job]));
      for (const follower of followed) {
        const job = ended.get(follower.filter.jobId ?? "");
        if (job !== undefined) this.#present(follower, job);
      }
    } catch (error) {
      log.warn("followed jobs could not be read", { streams: followed.length, error });
    }
  }

  async #mark(): Promise<void> {
    const now = Date.now();
    if (this.#markedUntil - now >= LONGEST_MS) return;
    await this.#tenant.mark(now + MARK_MS);
    this.#markedUntil = now + MARK_MS;
  }

  #unmark(): void {
    const now = Date.now();
    this.#markedUntil = 0;
    this.#leftAt = now;
    this.#tenant.unmark(now + MARK_MS).catch((error: unknown) => {
      log.warn("consumers could not be told that nobody follows", { error });
    });
  }

  #isOver({ id, attempt }: Pick<AttemptReport, "id" | "attempt">): boolean {
    const newest = this.#log.newestOf(id);
    if (newest === undefined) return false;
    return newest.attempt > attempt || (newest.attempt === attempt && ATTEMPT_ENDS.has(newest.event));
  }
}

function resume(follower: Follower, { missed, events }: Resumed): void {
  const reason = JSON.stringify({ reason: missed });
  if (missed !== null) follower.stream.send(eventFrame({ event: "events.missed", data: reason }));
  for (const kept of events) deliver(follower, kept);
}

function deliver({ filter, stream }: Follower, { event, frame }: KeptEvent): void {
  if (!wants(filter, event)) return;
  stream.send(frame);
  if (filter.jobId !== undefined && isTerminal(event.state)) stream.end();
}

function wants({ jobId, queue, type, events }: EventFilter, { event, ...job }: JobEvent): boolean {
  return (
    (jobId === undefined || jobId === job.id) &&
    (queue === undefined || queue === job.queue) &&
    (type === undefined || type === job.type) &&
    (events === undefined || events.some((one) => one === event))
  );
}
