import { fork } from "node:child_process";
import { join } from "node:path";

const PROCESSES = join(import.meta.dirname, "..", "contenders", "processes");
const READY_MS = 30_000;
const STOP_MS = 5_000;

/** One of the programs in `contenders/processes`, which ends when this process does. */
export interface NodeProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a program that serves HTTP on loopback, and says where.
 * @param args the role it has, and the database it works with
 * @throws Error when it has ended, or says nothing in time
 */
export async function startNode(program: string, ...args: string[]): Promise<NodeProcess> {
  const child = fork(join(PROCESSES, program), args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    if (child.connected) child.disconnect();
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(late);
  };
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), READY_MS).unref());
  const told = new Promise<string>((resolve) => child.once("message", (url: string) => resolve(url)));
  const url = await Promise.race([told, ended.then(() => null), late]);
  if (url === null) {
    await stop();
    throw new Error(`${program} ${args[0]} has not come up`);
  }
  return { url, stop };
}
