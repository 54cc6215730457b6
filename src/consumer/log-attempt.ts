import { traceIdOf } from "../domain/trace-parent.ts";
import { log } from "../log.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import type { Finish } from "../storage/finish-jobs.ts";

/**
 * One line for an attempt that has failed, or for each when all are asked for. With the error's name alone: a message may
 * quote the payload, and stands with the job, where only its tenant reads it.
 */
export function logAttempt(job: ClaimedJob, { state, measured }: Finish, all: boolean): void {
  const { tenantId, id: jobId, attempt, type, queue, traceParent } = job;
  const ids = { tenantId, jobId, attempt, ...(traceParent !== null && { traceId: traceIdOf(traceParent) }) };
  const { waitMs, runMs, error } = measured ?? {};
  const fields = { ...ids, type, queue, state, waitMs, runMs };
  if (state === "failed" || state === "retrying") log.warn("an attempt failed", { ...fields, error });
  else if (all) log.info("an attempt ended", fields);
}
