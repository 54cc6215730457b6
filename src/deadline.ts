/** Rejects with `late()` when a call takes longer than `ms`. The call goes on: its outcome is then unknown. */
export async function withDeadline<T>(call: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms);
  try {
    return await Promise.race([call, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
