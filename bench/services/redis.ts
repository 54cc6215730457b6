import { connect } from "node:net";
import { freePort, LOOPBACK } from "../../src/cli/port.ts";
import { findProgram } from "./programs.ts";
import { ServerProcess } from "./server-process.ts";

/** Why there is no Redis here, or null. */
export function missingRedis(): string | null {
  return findProgram("redis-server") === null ? "redis-server is not installed (Debian: redis-server)" : null;
}

export interface Database {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Redis that acknowledges nothing before it is on disk: every write is in the append-only file, with fsync. */
export async function startRedis(dataDir: string): Promise<Database> {
  const port = await freePort();
  const settings = {
    bind: LOOPBACK,
    port: String(port),
    dir: dataDir,
    appendonly: "yes",
    appendfsync: "always",
    save: "",
    // As BullMQ demands.
    "maxmemory-policy": "noeviction",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await ServerProcess.start({
    command: [findProgram("redis-server") ?? "redis-server", ...args],
    signal: "SIGTERM",
    answers: () => pong(port),
  });
  return { url: `redis://${LOOPBACK}:${port}`, stop: () => server.stop() };
}

function pong(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, LOOPBACK, () => socket.write("PING\r\n"));
    socket.once("error", reject);
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer.toString().startsWith("+PONG"));
    });
  });
}
