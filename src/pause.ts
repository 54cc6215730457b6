/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * How long to pause after the `attempt`-th failure of a call to a binding: doubled each time, and spread over half to
 * one and a half of that, in milliseconds.
 */
export function retryPauseMs(attempt: number, firstMs: number, longestMs = Number.POSITIVE_INFINITY): number {
  return Math.min(firstMs * 2 ** (attempt - 1), longestMs) * (0.5 + Math.random());
}
