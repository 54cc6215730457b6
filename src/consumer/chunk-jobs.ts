import { batchLimit } from "../domain/batch-handler.ts";
import { isBatchHandler, type Registry } from "../domain/registry.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";

/** Jobs that run together; one at least. */
export type Chunk = readonly [ClaimedJob, ...ClaimedJob[]];

/**
 * Divides claimed jobs into those that run together: jobs of one tenant and one type that has a batch handler. All
 * others run each alone, and so does a job whose payload is in R2, since many such would not fit the memory.
 */
export function chunkJobs(jobs: readonly ClaimedJob[], registry: Registry): Chunk[] {
  const chunks: [ClaimedJob, ...ClaimedJob[]][] = [];
  const open = new Map<string, ClaimedJob[]>();
  for (const job of jobs) {
    const handler = registry.get(job.type);
    const isAlone = handler === undefined || !isBatchHandler(handler) || job.payloadBlob !== null;
    const limit = isAlone ? 1 : batchLimit(handler.maxBatch, job.failures);
    const kind = JSON.stringify([job.tenantId, job.type, limit]);
    const chunk = open.get(kind);
    if (chunk !== undefined && chunk.length < limit) {
      chunk.push(job);
      continue;
    }
    const begun: [ClaimedJob, ...ClaimedJob[]] = [job];
    chunks.push(begun);
    open.set(kind, begun);
  }
  return chunks;
}
