import { BENCH_KEY } from "./http-front.ts";

/** One of those that are measured beside each other. All take the requests of Sluice's HTTP API. */
export interface Contender {
  readonly id: string;
  readonly name: string;
  /** What it is and how it is set up, for who reads the figures. */
  readonly how: string;
  /** Answers requests and has no jobs. */
  readonly isFloor?: boolean;
  /** Cannot be asked what has become of a job. */
  readonly withoutStatus?: boolean;
  /** Only these measures are taken of it. Default: all. */
  readonly measures?: readonly string[];
  /** Why it cannot run here, or null. */
  missing?(): string | null;
  /** @param stateDir an empty directory of its own */
  start(stateDir: string): Promise<RunningContender>;
}

export interface RunningContender {
  /** Where its HTTP API is. */
  readonly url: string;
  /** Its API key, when it is not that of the shared front. */
  readonly key?: string;
  /** Where `FinishReport`s come from. */
  readonly finishedUrl: string;
  stop(): Promise<void>;
}

/** A request that the load generator sends again and again. */
export interface LoadRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `STAMP` in it is replaced by the time at which the request should have been sent. */
  readonly body?: string;
}

/** Stands in a body for milliseconds since the epoch. */
export const STAMP = '"@sentAt"';

/** A request that enqueues so many jobs, each with a payload of so many bytes. */
export function enqueueRequest(
  jobs: number,
  { bytes = 100, key = BENCH_KEY, isFloor = false, queue = undefined as string | undefined } = {},
): LoadRequest {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const job = JSON.stringify({ type: "noop", payload: payload(bytes), queue });
  const body = jobs === 1 ? job : `{"jobs":[${Array.from({ length: jobs }, () => job).join(",")}]}`;
  const path = jobs === 1 ? "/v1/jobs" : "/v1/jobs/batch";
  return { method: "POST", path: isFloor ? "/floor" : path, headers, body };
}

/** A request that asks for a job. */
export function statusRequest(id: string, key = BENCH_KEY): LoadRequest {
  return { method: "GET", path: `/v1/jobs/${id}`, headers: { Authorization: `Bearer ${key}` } };
}

// As many bytes as JSON once the stamp, 17 characters at most, is in its place.
function payload(bytes: number): { sentAt: string; text: string } {
  const frame = '{"sentAt":1700000000000.000,"text":""}'.length;
  return { sentAt: JSON.parse(STAMP) as string, text: "x".repeat(Math.max(0, bytes - frame)) };
}
