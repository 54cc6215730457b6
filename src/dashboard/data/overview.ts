import { type Overview, overviewOfLists } from "../model/overview.ts";
import { Samples } from "../model/samples.ts";
import { readJobs, readQueues } from "./jobs.ts";
import { key } from "./session.ts";

const LOOKED_AT = 100;
const UNFINISHED = "scheduled,queued,running,retrying";

let samples = new Samples();
key.subscribe(() => {
  samples = new Samples();
});

/** The first screen, from the newest jobs of each kind. */
export async function readOverview(): Promise<Overview> {
  const [unfinished, failed, newest, queues] = await Promise.all([
    readJobs({ state: UNFINISHED }, LOOKED_AT),
    readJobs({ state: "failed" }, LOOKED_AT),
    readJobs({}, LOOKED_AT),
    readQueues(),
  ]);
  const now = Date.now();
  const overview = overviewOfLists({ unfinished, failed, queues }, samples.series(now), now);
  samples.add(newest.data, overview.flow.oldest?.ageMs ?? 0, now);
  return { ...overview, series: samples.series(now) };
}
