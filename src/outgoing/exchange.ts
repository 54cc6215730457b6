import { describeError, FatalError, RetryError } from "../domain/outcome.ts";

/**
 * Talks to a host for a job, for no longer than so many milliseconds.
 * @param jobSignal The job's own.
 * @param talk Is given the signal that ends it.
 * @throws FatalError or RetryError, `talk`'s own or one for whatever else went wrong; the reason of `jobSignal` once it
 *   has aborted.
 */
export async function exchange<T>(
  host: string,
  timeoutMs: number,
  jobSignal: AbortSignal,
  talk: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  // Not `AbortSignal.timeout`: its timer cannot be cleared, and a consumer runs thousands of jobs in that time.
  const timer = setTimeout(() => own.abort(), timeoutMs);
  try {
    return await talk(AbortSignal.any([jobSignal, own.signal]));
  } catch (thrown) {
    jobSignal.throwIfAborted();
    if (thrown instanceof FatalError || thrown instanceof RetryError) throw thrown;
    const why = own.signal.aborted ? `no answer within ${timeoutMs} ms` : describeError(thrown).message;
    throw new RetryError(`${host}: ${why}`, { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}
