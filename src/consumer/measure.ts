import type { Outcome } from "../domain/outcome.ts";
import type { MeasuredAttempt } from "../protocol/gate.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import type { Finish } from "../storage/finish-jobs.ts";

/**
 * A finish with what statistics are to know of its attempt; one that was handed back has none.
 * @param startedAt when the attempt has begun, milliseconds since the epoch
 */
export function measured(job: ClaimedJob, outcome: Outcome, startedAt: number, finish: Finish): Finish {
  if (outcome.kind === "handed_back") return finish;
  const measured: MeasuredAttempt = {
    queue: job.queue,
    type: job.type,
    waitMs: Math.max(0, startedAt - job.readyAt),
    runMs: Math.max(0, finish.endedAt - startedAt),
    error: errorName(finish),
  };
  return { ...finish, measured };
}

// Of what is written: a result that could not be stored is a failure that the handler knows nothing of.
function errorName({ error }: Finish): string | null {
  return error === null ? null : (JSON.parse(error) as { name: string }).name;
}
