import pLimit from "p-limit";
import type { Api, HttpJobView } from "./api.ts";
import { Progress } from "./progress.ts";

const PATIENCE_MS = 30_000;
const WAITING_AT_ONCE = 20;

/** The jobs once they have finished, in the order of their ids; those that take too long, as they are by then. */
export async function finishedJobs(api: Api, ids: readonly string[], what: string): Promise<HttpJobView[]> {
  const progress = new Progress(what, ids.length);
  const deadline = Date.now() + PATIENCE_MS;
  try {
    return await pLimit(WAITING_AT_ONCE).map(ids, async (id) => {
      const job = await api.finished(id, deadline);
      progress.step();
      return job;
    });
  } finally {
    progress.end();
  }
}
