/** Runs something without its logs: where faults are the point, they say nothing. */
export async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { info, warn, error } = console;
  const nothing = () => undefined;
  Object.assign(console, { info: nothing, warn: nothing, error: nothing });
  try {
    return await run();
  } finally {
    Object.assign(console, { info, warn, error });
  }
}
