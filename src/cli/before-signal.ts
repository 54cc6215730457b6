const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Has something done before a signal ends this process. Who sends a second one does not want to wait.
 * @returns what takes that back
 */
export function beforeSignal(run: () => Promise<unknown>): () => void {
  const stop = () => {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
  const end = (signal: NodeJS.Signals) => {
    stop();
    // Without our listeners the signal does what it does to any process.
    void run().finally(() => process.kill(process.pid, signal));
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return stop;
}
