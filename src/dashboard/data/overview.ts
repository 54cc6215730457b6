import { SluiceError } from "../../client/client.ts";
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
/** A deployment that has no statistics is asked for them again after this time. */
const ASK_AGAIN_MS = 300_000;

let oldest = new OldestSamples();
let seen = new SeenJobs();
let noStatsUntil = 0;
key.subscribe(() => {
  oldest = new OldestSamples();
  seen = new SeenJobs();
  noStatsUntil = 0;
});

/** The first screen: from the deployment's statistics, or from the newest jobs where it has none. */
export async function readOverview(): Promise<Overview> {
  const [stats, failed, queues] = await Promise.all([
    readStats(),
    readJobs({ state: "failed" }, LOOKED_AT),
    readQueues(),
  ]);
  const now = Date.now();
  if (stats !== null) {
    oldest.add(stats.now.oldest?.ageMs ?? 0, now);
    const sampled = oldest.in(timesOf(stats), stats.series.stepSeconds);
    return overviewOfStats(stats, queues, countedIn(failed), sampled);
  }
  const [unfinished, newest] = await Promise.all([readJobs({ state: UNFINISHED }, LOOKED_AT), readJobs({}, LOOKED_AT)]);
  seen.add(newest.data, now);
  const series = seen.series(now);
  const overview = overviewOfLists({ unfinished, failed, queues }, now);
  oldest.add(overview.flow.oldest?.ageMs ?? 0, now);
  return { ...overview, series: { ...series, oldest: oldest.in(series.times, series.stepSeconds) } };
}

async function readStats(): Promise<StatsView | null> {
  if (Date.now() < noStatsUntil) return null;
  try {
    return await read<StatsView>("/v1/stats", { window: "1h" });
  } catch (error) {
    if (!(error instanceof SluiceError && error.status === 404)) throw error;
    noStatsUntil = Date.now() + ASK_AGAIN_MS;
    return null;
  }
}
