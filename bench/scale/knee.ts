import { atLoad, type Parameters } from "./parameters.ts";
import { type Observed, simulate } from "./simulate.ts";

/** The most that is carried, and what was seen there. */
export interface Knee {
  readonly jobsPerSecond: number;
  /** Whether nothing bent, as far as it was tried. */
  readonly beyond: boolean;
  readonly observed: Observed;
}

/** Jobs per second. */
const FIRST_LOAD = 20;
const HIGHEST_LOAD = 10_240;
/** Two loads this close to each other count as one. */
const CLOSE_ENOUGH = 1.03;
/** Close to its knee a design takes its time until it is steady. Shorter than for the tables: a knee takes a dozen runs. */
const SECONDS = { seconds: 50, warmupSeconds: 25 };

/** Finds the highest load that is carried, within 3 %. */
export function findKnee(parameters: Parameters): Knee {
  const { load } = parameters;
  const shorter = { ...parameters, load: { ...load, ...SECONDS } };
  const tried = (jobsPerSecond: number) => {
    const observed = simulate(atLoad(shorter, jobsPerSecond / load.jobsPerRequest));
    return { jobsPerSecond, beyond: jobsPerSecond >= HIGHEST_LOAD, observed };
  };
  let knee = tried(FIRST_LOAD);
  let high = FIRST_LOAD;
  if (!isCarried(knee.observed)) throw new Error(`${FIRST_LOAD} jobs a second are too many`);
  while (!knee.beyond) {
    high *= 2;
    const next = tried(high);
    if (!isCarried(next.observed)) break;
    knee = next;
  }
  while (!knee.beyond && high / knee.jobsPerSecond > CLOSE_ENOUGH) {
    const between = tried(Math.sqrt(knee.jobsPerSecond * high));
    if (isCarried(between.observed)) knee = between;
    else high = between.jobsPerSecond;
  }
  return knee;
}

/** Whether as many jobs end as arrive, but for 2 %, or hardly any of them waits for a second. */
export function isCarried({ carried, offered, endToEnd }: Observed): boolean {
  return carried >= 0.98 * offered || endToEnd.p99 < 1_000;
}
