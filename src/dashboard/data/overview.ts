import type { StatsView } from "../../protocol/stats-view.ts";
import { OldestSamples } from "../model/oldest-samples.ts";
import { type Overview, overviewOf, timesOf } from "../model/overview.ts";
import { read } from "./api.ts";
import { readJobs, readQueues } from "./jobs.ts";
import { key } from "./session.ts";

const LOOKED_AT = 100;

let oldest = new OldestSamples();
key.subscribe(() => {
  oldest = new OldestSamples();
});

/** What the first screen and the page of queues show. */
export async function readOverview(): Promise<Overview> {
  const [stats, failed, queues] = await Promise.all([
    read<StatsView>("/v1/stats", { window: "1h" }),
    readJobs({ state: "failed" }, LOOKED_AT),
    readQueues(),
  ]);
  oldest.add(stats.now.oldest?.ageMs ?? 0, Date.now());
  return overviewOf(stats, queues, failed, oldest.in(timesOf(stats), stats.series.stepSeconds));
}
