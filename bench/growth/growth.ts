import { type Stage, shuffled, told } from "../arena.ts";
import { enqueueRequest, type LoadRequest } from "../contender.ts";
import { sluice } from "../contenders/sluice.ts";
import { type Figures, percentile } from "../measure.ts";
import { Trial } from "../trial.ts";
import { addTenants } from "./add-tenants.ts";
import { fillBacklog } from "./fill-backlog.ts";
import { GrownSluice } from "./grown-sluice.ts";

const BACKLOGS = [0, 10_000, 100_000, 1_000_000] as const;
const TENANTS = [1, 100, 10_000] as const;
const PAYLOAD_BYTES = [100, 10_000, 1_000_000] as const;
/** Requests a second. */
/** Tenants whose gates a round can wake before it measures. */
const MOST_WOKEN = 100;
const WAKE_RATE = 50;
const GROWTH_RATES = { backlog: 40, tenants: 40, payload: 10 } as const;

interface Task {
  readonly measure: string;
  readonly of: string;
  readonly take: (round: number, seconds: number) => Promise<Figures>;
}

/** Measures how Sluice's latencies grow with what waits, with its tenants, and with payloads. */
export async function measureGrowth(stage: Stage, until: number): Promise<void> {
  const { options, say, skipped } = stage;
  const wanted = ({ measure }: Task) => options.measures.length === 0 || options.measures.includes(measure);
  const backlogs = await startBacklogs(stage);
  const [empty] = backlogs.values();
  if (empty === undefined) return;
  const tasks = [...backlogTasks(backlogs), ...(await tenantTasks(stage, empty)), ...payloadTasks(empty)];
  for (let round = 0; round <= options.rounds; round++) {
    if (Date.now() > until) {
      skipped.push({ id: "growth", why: `the time was over before round ${round} of ${options.rounds}` });
      break;
    }
    say(round === 0 ? "growth: warm-up" : `growth: round ${round} of ${options.rounds}`);
    const seconds = round === 0 ? 1 : options.seconds;
    for (const task of shuffled(tasks.filter(wanted))) await take(stage, task, round, seconds);
  }
  const restarts = restartTasks(backlogs).filter(wanted);
  for (let round = 1; round <= options.rounds; round++) {
    for (const task of shuffled(restarts)) await take(stage, task, round, 0);
  }
}

async function take({ results, interrupted, say }: Stage, { measure, of, take }: Task, round: number, seconds: number) {
  interrupted.throwIfAborted();
  const figures = await take(round, seconds);
  results.add({ measure, of, round, figures });
  say(`  ${measure.padEnd(8)} ${of.padEnd(10)} ${told(figures)}`);
}

/** A Sluice, and what was sent to it: one count for all that it is measured by. */
interface Grown {
  readonly sluice: GrownSluice;
  readonly trial: Trial;
}

async function startBacklogs({ dir, ends, load, interrupted, say }: Stage): Promise<Map<number, Grown>> {
  const backlogs = new Map<number, Grown>();
  for (const jobs of BACKLOGS) {
    say(`Sluice with a backlog of ${jobs}: starting and filling`);
    const grown = await GrownSluice.start(dir, `backlog-${jobs}`);
    ends.push(() => grown.stop());
    interrupted.throwIfAborted();
    await fillBacklog(grown, jobs);
    // Its gate counts what waits when it starts.
    await grown.restart();
    backlogs.set(jobs, { sluice: grown, trial: new Trial(sluice, grown, load) });
  }
  return backlogs;
}

function backlogTasks(backlogs: ReadonlyMap<number, Grown>): Task[] {
  return [...backlogs].map(([jobs, { trial }]) => ({
    measure: "backlog",
    of: String(jobs),
    take: (_round, seconds) => paced(trial, [trial.enqueueRequest(1)], GROWTH_RATES.backlog, seconds),
  }));
}

async function tenantTasks({ say }: Stage, { sluice, trial }: Grown): Promise<Task[]> {
  say(`adding ${TENANTS.reduce((sum, count) => sum + count, 0)} tenants`);
  return Promise.all(
    TENANTS.map(async (count) => {
      const keys = shuffled(await addTenants(sluice, `of-${count}`, count));
      const rate = GROWTH_RATES.tenants;
      return {
        measure: "tenants",
        of: String(count),
        take: async (round, seconds) => {
          if (count <= MOST_WOKEN) await paced(trial, turns(keys, 0, count), WAKE_RATE, count / WAKE_RATE);
          // Each round goes on with the next tenants.
          return paced(trial, turns(keys, round * rate * seconds, rate * seconds), rate, seconds);
        },
      };
    }),
  );
}

function turns(keys: readonly string[], from: number, amount: number): LoadRequest[] {
  return Array.from({ length: Math.ceil(amount) }, (_, n) => {
    const key = keys[(Math.floor(from) + n) % keys.length];
    return enqueueRequest(1, key === undefined ? {} : { key });
  });
}

function payloadTasks({ trial }: Grown): Task[] {
  return PAYLOAD_BYTES.map((bytes) => ({
    measure: "payload",
    of: String(bytes),
    take: (_round, seconds) => paced(trial, [trial.enqueueRequest(1, { bytes })], GROWTH_RATES.payload, seconds),
  }));
}

function restartTasks(backlogs: ReadonlyMap<number, Grown>): Task[] {
  return [...backlogs].map(([jobs, { sluice }]) => ({
    measure: "restart",
    of: String(jobs),
    take: async () => ({ firstAnswer: await sluice.restart() }),
  }));
}

async function paced(trial: Trial, requests: readonly LoadRequest[], rate: number, seconds: number): Promise<Figures> {
  const sent = await trial.send({ mode: "open", requests, rate, seconds }, 1);
  const { latencies } = await trial.drained();
  return {
    p50: sent.latency.p50,
    p99: sent.latency.p99,
    endToEndP50: percentile(latencies, 0.5),
    endToEndP99: percentile(latencies, 0.99),
    failed: sent.refused + sent.failed,
  };
}
