import { SluiceError } from "../protocol/sluice-error.ts";
import { toSluiceError } from "./response-error.ts";
export const DEFAULT_CLIENT_RETRY = {
  attempts: 6,
  maxElapsedMs: 60000,
  baseMs: 250,
  capMs: 10000,
};
/**
 * Sends a request until it is answered, and returns what the answer says: 429, 5xx and network errors are tried again
 * with exponential backoff and full jitter, not before `Retry-After`, bounded in tries and time. Safe for every call,
 * since each names what it changes.
 * @param timeoutMs for one try
 * @throws SluiceError with the last answer, or `network_error`; the signal's reason when the caller has aborted
 */
export async function retryingFetch(transport, call, timeoutMs, signal) {
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
async function tryOnce(transport, { url, init, read }, timeoutMs, signal) {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const aborted = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    const response = await transport.fetch(new Request(url, { ...init, signal: aborted }));
    // Read here: an answer that breaks off is no answer.
    return response.ok ? { says: await read(response) } : await toSluiceError(response);
  } catch (cause) {
    const detail = timeout.aborted ? `no answer within ${timeoutMs} ms` : "the request could not be sent";
    return new SluiceError("network_error", detail, { status: 0, cause });
  }
}
// 501 says that the deployment cannot do this at all.
function isTemporary({ status }) {
  return status === 0 || status === 429 || (status >= 500 && status !== 501);
}
function pause(ms, signal) {
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
