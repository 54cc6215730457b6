import type { JobView } from "../protocol/job-view.ts";
import type { JobEvent } from "../protocol/live-event-view.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Connection } from "./connection.ts";

/**
 * Follows one job by its live events until it has ended, or the time is up; without events where they are refused.
 * @param timeout in seconds; without an end when it is infinite
 * @param told is told what happens
 * @returns the job as it is then
 * @throws SluiceError when it cannot be read
 */
export async function followJob(
  { jobs }: Pick<Connection, "jobs">,
  id: string,
  timeout: number,
  told: (event: JobEvent) => void,
): Promise<JobView> {
  const until = Date.now() + timeout * 1_000;
  const signal = Number.isFinite(timeout) ? AbortSignal.timeout(timeout * 1_000) : null;
  try {
    for await (const event of jobs.watch(id, signal === null ? {} : { signal })) told(event);
    return await jobs.get(id);
  } catch (error) {
    if (signal?.aborted) return jobs.get(id);
    if (!(error instanceof SluiceError) || !isRefusal(error)) throw error;
    return jobs.wait(id, { timeout: Math.max(0, until - Date.now()) / 1_000 });
  }
}

// A deployment of before there were events, one with too many streams, or something between that lets none pass.
function isRefusal({ code }: SluiceError): boolean {
  return code === "not_found" || code === "overloaded" || code === "unexpected_response";
}
