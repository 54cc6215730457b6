import { execFile } from "node:child_process";
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, LOOPBACK } from "../../src/cli/port.ts";
import { findProgram } from "./programs.ts";
import type { Database } from "./redis.ts";
import { ServerProcess } from "./server-process.ts";

const run = promisify(execFile);

/** PostgreSQL refuses to run as root: as this user it does. */
const USER = "postgres";
const PROGRAMS = ["initdb", "postgres", "pg_isready"];

/** Why there is no PostgreSQL here, or null. */
export function missingPostgres(): string | null {
  const missing = PROGRAMS.find((program) => findProgram(program) === null);
  if (missing !== undefined) return `${missing} is not installed (Debian: postgresql)`;
  return isRoot() && findProgram("setpriv") === null ? "setpriv is not installed (Debian: util-linux)" : null;
}

/** A PostgreSQL in which what is committed is on disk. */
export async function startPostgres(dataDir: string): Promise<Database> {
  const port = await freePort();
  const data = join(dataDir, "data");
  await mkdir(data);
  await ownedByUser(dataDir, data);
  await run(...(await asUser("initdb", "--pgdata", data, "--username", USER, "--auth", "trust", "--encoding", "UTF8")));
  const settings = {
    listen_addresses: LOOPBACK,
    port,
    unix_socket_directories: "",
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    max_connections: 200,
    // Debian's tools would set these by the machine's memory; the defaults are for one of 2005.
    shared_buffers: "512MB",
    max_wal_size: "4GB",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  await writeFile(join(data, "postgresql.conf"), lines.join(""));
  const [program, args] = await asUser("postgres", "-D", data);
  const isReady = findProgram("pg_isready") ?? "pg_isready";
  const server = await ServerProcess.start({
    command: [program, ...args],
    // A fast shutdown: it does not wait for who is connected.
    signal: "SIGINT",
    answers: async () => {
      await run(isReady, ["--host", LOOPBACK, "--port", String(port)]);
      return true;
    },
  });
  return { url: `postgres://${USER}@${LOOPBACK}:${port}/postgres`, stop: () => server.stop() };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function asUser(name: string, ...args: string[]): Promise<[string, string[]]> {
  const program = findProgram(name) ?? name;
  if (!isRoot()) return [program, args];
  const { uid, gid } = await userIds();
  return [findProgram("setpriv") ?? "setpriv", ["--reuid", uid, "--regid", gid, "--clear-groups", program, ...args]];
}

async function ownedByUser(...directories: readonly string[]): Promise<void> {
  if (!isRoot()) return;
  const { uid, gid } = await userIds();
  for (const directory of directories) {
    await chown(directory, Number(uid), Number(gid));
    await chmod(directory, 0o700);
  }
}

async function userIds(): Promise<{ uid: string; gid: string }> {
  const [uid, gid] = await Promise.all(["-u", "-g"].map(async (flag) => (await run("id", [flag, USER])).stdout.trim()));
  return { uid: uid ?? "", gid: gid ?? "" };
}
