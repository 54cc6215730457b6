import { SluiceError } from "../protocol/sluice-error.ts";
import { toSluiceError } from "./response-error.ts";

/** How a client tries again. */
export interface ClientRetry {
  /** Tries in all. Default 6. */
  attempts?: number;
  /** Milliseconds after which no further try is begun. Default 60,000. */
  maxElapsedMs?: number;
  /** The first pause's ceiling in milliseconds, doubled with each try. Default 250. */
  baseMs?: number;
  /** No pause that the server did not ask for is longer. Default 10,000 ms. */
  capMs?: number;
}

export interface Transport {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly retry: Required<ClientRetry>;
}

/** A request that can be sent again and again. */
export interface Call<Answer> {
  readonly url: string;
  readonly init: RequestInit;
  /** What a successful response says. */
  readonly read: (response: Response) => Promise<Answer>;
}

/** Sends a request below the API's address until it is answered. */
export type Send = <Answer>(
  path: string,
  init: RequestInit,
  read: (response: Response) => Promise<Answer>,
) => Promise<Answer>;

export const DEFAULT_CLIENT_RETRY: Required<ClientRetry> = {
  attempts: 6,
  maxElapsedMs: 60_000,
  baseMs: 250,
  capMs: 10_000,
};

/**
 * Sends a request until it is answered, and returns what the answer says: 429, 5xx and network errors are tried again
 * with exponential backoff and full jitter, not before `Retry-After`, bounded in tries and time. Safe for every call,
 * since each names what it changes.
 * @param timeoutMs for one try, its answer included; null: only the signal ends it
 * @throws SluiceError with the last answer, or `network_error`; the signal's reason when the caller has aborted
 */
export async function retryingFetch<Answer>(
  transport: Transport,
  call: Call<Answer>,
  timeoutMs: number | null,
  signal?: AbortSignal,
): Promise<Answer> {
  const { retry } = transport;
  const begun = Date.now();
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const answer = await tryOnce(transport, call, timeoutMs, signal);
    if (!(answer instanceof SluiceError)) return answer.says;
    signal?.throwIfAborted();
    const pauseMs = Math.max(
      answer.retryAfterMs ?? 0,
      Math.random() * Math.min(retry.capMs, retry.baseMs * 2 ** (attempt - 1)),
    );
    const outOfTime = Date.now() - begun + pauseMs > retry.maxElapsedMs;
    if (!isTemporary(answer) || attempt >= retry.attempts || outOfTime) throw answer;
    await pause(pauseMs, signal);
  }
}

async function tryOnce<Answer>(
  transport: Transport,
  { url, init, read }: Call<Answer>,
  timeoutMs: number | null,
  signal: AbortSignal | undefined,
): Promise<{ readonly says: Answer } | SluiceError> {
  const timeout = timeoutMs === null ? undefined : AbortSignal.timeout(timeoutMs);
  try {
    const ends = [timeout, signal].filter((end) => end !== undefined);
    const response = await transport.fetch(new Request(url, { ...init, signal: AbortSignal.any(ends) }));
    // Read here: an answer that breaks off is no answer.
    return response.ok ? { says: await read(response) } : await toSluiceError(response);
  } catch (cause) {
    const detail = timeout?.aborted ? `no answer within ${timeoutMs} ms` : "the request could not be sent";
    return new SluiceError("network_error", detail, { status: 0, cause });
  }
}

// 501 says that the deployment cannot do this at all.
function isTemporary({ status }: SluiceError): boolean {
  return status === 0 || status === 429 || (status >= 500 && status !== 501);
}

/** Resolves after so many milliseconds; rejects with the signal's reason when that aborts. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
