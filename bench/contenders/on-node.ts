import type { RunningContender } from "../contender.ts";
import { FINISHED_PATH } from "../finish-log.ts";
import { type NodeProcess, startNode } from "../services/node-process.ts";
import type { Database } from "../services/redis.ts";

/** Starts a contender of two Node processes, the HTTP API and the worker, and the database that both work with. */
export async function startOnNode(
  program: string,
  variant: string,
  startDatabase: () => Promise<Database>,
): Promise<RunningContender> {
  const database = await startDatabase();
  const started: NodeProcess[] = [];
  const stop = async () => {
    await Promise.all(started.map((process) => process.stop()));
    await database.stop();
  };
  try {
    // One after the other: the first makes the tables.
    for (const role of ["worker", "api"]) started.push(await startNode(program, role, database.url, variant));
    const [worker, api] = started;
    return { url: api?.url ?? "", finishedUrl: `${worker?.url}${FINISHED_PATH}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
