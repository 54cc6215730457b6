import type { Client } from "../client/client.ts";
import { blobsIn } from "../domain/blob.ts";
import type { JobView } from "../protocol/job-view.ts";
import type { JobTypes } from "../protocol/jobs-api.ts";
import { newJobId } from "../protocol/new-job-id.ts";

type Side = Pick<Client<JobTypes>, "jobs" | "blobs">;

/** An id can be given to a job anew within so long of its time. */
const ID_MS = 23 * 3_600_000;

/**
 * Enqueues what a job is, with the blobs that it names, somewhere else: for one attempt, of which nobody is told. Its id
 * is the job's own where that is young enough to be given.
 * @param job with its payload
 * @throws SluiceError when its blobs cannot be read, or it is refused there
 */
export async function copyJob({ id, type, payload, createdAt }: JobView, from: Side, to: Side): Promise<JobView> {
  let text = JSON.stringify(payload ?? null);
  for (const blob of blobsIn(payload).keys()) {
    const copy = await to.blobs.put(await from.blobs.get(blob));
    text = text.replaceAll(JSON.stringify(blob), JSON.stringify(copy.id));
  }
  const isYoung = Date.now() - Date.parse(createdAt) < ID_MS;
  return to.jobs.enqueue(type, JSON.parse(text), { id: isYoung ? id : newJobId(), maxAttempts: 1 });
}
