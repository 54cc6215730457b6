import type { Contender } from "./contender.ts";
import { bullmq } from "./contenders/bullmq.ts";
import { floor } from "./contenders/floor.ts";
import { graphileWorker } from "./contenders/graphile-worker.ts";
import { pgBoss, pgBossNotify } from "./contenders/pg-boss.ts";
import { rawQueues } from "./contenders/raw-queues.ts";
import { sluice, sluice1000 } from "./contenders/sluice.ts";
import { textbook } from "./contenders/textbook.ts";
import type { Measure } from "./measure.ts";
import { half, low } from "./measures/paced.ts";
import { status } from "./measures/status.ts";
import { batch, single } from "./measures/throughput.ts";

export const CONTENDERS: readonly Contender[] = [
  floor,
  rawQueues,
  textbook,
  sluice,
  sluice1000,
  bullmq,
  pgBoss,
  pgBossNotify,
  graphileWorker,
];

/** In this order within a round: `half` goes by what `single` has found. */
export const MEASURES: readonly Measure[] = [single, batch, low, half, status];

/** Whether a measure is taken of a contender. */
export function isTaken({ id }: Measure, { measures, isFloor, withoutStatus }: Contender): boolean {
  if (id === "status" && withoutStatus === true) return false;
  if ((id === "batch" || id === "low") && isFloor === true) return false;
  return measures === undefined || measures.includes(id);
}
