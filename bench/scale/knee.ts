import { atLoad, type Parameters } from "./parameters.ts";
import { type Observed, simulate } from "./simulate.ts";

/** The most that is carried, and what was seen there. */
export interface Knee {
  readonly requestsPerSecond: number;
  /** Whether nothing bent, as far as it was tried. */
  readonly beyond: boolean;
  readonly observed: Observed;
}

const FIRST_LOAD = 20;
const HIGHEST_LOAD = 10_240;
/** Two loads this close to each other count as one. */
const CLOSE_ENOUGH = 1.04;
/** A job that waits for longer has come in a time of overload. */
const LONGEST_MS = 5_000;
/** Shorter than for the tables: a knee takes a dozen runs. */
const SECONDS = { seconds: 40, warmupSeconds: 10 };

/** Finds the highest load at which 99 of 100 jobs wait no longer than five seconds from request to end, within 4 %. */
export function findKnee(parameters: Parameters): Knee {
  const shorter = { ...parameters, load: { ...parameters.load, ...SECONDS } };
  const jobs = parameters.load.jobsPerRequest;
  let carried: Knee | null = null;
  let low = 0;
  let high = FIRST_LOAD / jobs;
  for (;;) {
    const observed = simulate(atLoad(shorter, high));
    if (observed.endToEnd.p99 > LONGEST_MS) break;
    low = high;
    carried = { requestsPerSecond: high, beyond: high * jobs >= HIGHEST_LOAD, observed };
    if (carried.beyond) return carried;
    high *= 2;
  }
  while (low === 0 || high / low > CLOSE_ENOUGH) {
    const between = low === 0 ? high / 2 : Math.sqrt(low * high);
    const observed = simulate(atLoad(shorter, between));
    if (observed.endToEnd.p99 > LONGEST_MS) high = between;
    else {
      low = between;
      carried = { requestsPerSecond: between, beyond: false, observed };
    }
  }
  if (carried === null) throw new Error("no load is carried");
  return carried;
}
