import { SluiceError } from "../../client/client.ts";
import type { StatsView as ServedStats } from "../../protocol/stats-view.ts";
import { OldestSamples } from "../model/oldest-samples.ts";
import { type Overview, overviewOfLists } from "../model/overview.ts";
import { overviewOfStats, timesOf } from "../model/overview-of-stats.ts";
import { SeenJobs } from "../model/seen-jobs.ts";
import type { StatsView } from "../model/stats-view.ts";
import { read } from "./api.ts";
import { countedIn, readJobs, readQueues } from "./jobs.ts";
import { key } from "./session.ts";

const LOOKED_AT = 100;
const UNFINISHED = "scheduled,queued,running,retrying";

let oldest = new OldestSamples();
let seen = new SeenJobs();
let hasStats = false;
key.subscribe(() => {
  oldest = new OldestSamples();
  seen = new SeenJobs();
  hasStats = false;
});

/** The first screen: from the deployment's statistics, or from the newest jobs where it has none. */
export async function readOverview(): Promise<Overview> {
  // Until it is known that they are not needed: asking one after the other would be slow.
  const unfinished = hasStats
    ? null
    : Promise.all([readJobs({ state: UNFINISHED }, LOOKED_AT), readJobs({}, LOOKED_AT)]);
  const [stats, failed, queues, lists] = await Promise.all([
    readStats(),
    readJobs({ state: "failed" }, LOOKED_AT),
    readQueues(),
    unfinished,
  ]);
  const now = Date.now();
  hasStats = stats !== null;
  if (stats !== null) {
    oldest.add(stats.now.oldest?.ageMs ?? 0, now);
    const sampled = oldest.in(timesOf(stats), stats.series.stepSeconds);
    return overviewOfStats(stats, queues, countedIn(failed), sampled);
  }
  // Statistics that have gone: the next reading asks for the lists as well.
  if (lists === null) throw new Error("The deployment's statistics are gone.");
  const [waiting, newest] = lists;
  seen.add(newest.data, now);
  const series = seen.series(now);
  const overview = overviewOfLists({ unfinished: waiting, failed, queues }, now);
  oldest.add(overview.flow.oldest?.ageMs ?? 0, now);
  return { ...overview, series: { ...series, oldest: oldest.in(series.times, series.stepSeconds) } };
}

/** Null: the deployment has none. */
async function readStats(): Promise<StatsView | null> {
  try {
    return await read<ServedStats>("/v1/stats", { window: "1h" });
  } catch (error) {
    if (error instanceof SluiceError && error.status === 404) return null;
    throw error;
  }
}
