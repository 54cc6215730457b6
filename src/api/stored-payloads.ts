import type { CheckedJob } from "../drafts/draft-jobs.ts";
import { log } from "../log.ts";
import type { JobDraft } from "../protocol/gate.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { putPayload } from "../storage/payload-objects.ts";

/**
 * The drafts of jobs, with the payloads that are too large for a row stored in R2.
 * @throws SluiceError `storage_unavailable`, having stored none
 */
export async function storePayloads(
  bucket: R2Bucket,
  tenantId: string,
  checked: readonly CheckedJob[],
): Promise<readonly JobDraft[]> {
  const stored = await Promise.allSettled(
    checked.map(async ({ draft, payload }) =>
      draft.payload === null ? { ...draft, payloadBlob: await putPayload(bucket, tenantId, draft.id, payload) } : draft,
    ),
  );
  const drafts = stored.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = stored.find((one) => one.status === "rejected");
  if (failed === undefined) return drafts;
  await removePayloads(bucket, drafts);
  const detail = "A large payload could not be stored; no job was";
  throw new SluiceError("storage_unavailable", detail, { retryAfterMs: 1_000, cause: failed.reason });
}

/**
 * Removes what was stored for these drafts.
 * @param kept objects that somebody else needs
 */
export async function removePayloads(
  bucket: R2Bucket,
  drafts: readonly JobDraft[],
  kept: ReadonlySet<string | null> = new Set(),
): Promise<void> {
  const keys = drafts.flatMap(({ payloadBlob }) => (kept.has(payloadBlob) ? [] : (payloadBlob ?? [])));
  if (keys.length === 0) return;
  try {
    await bucket.delete(keys);
  } catch (error) {
    // One that is left behind costs a little; failing here could make a caller send again what was stored.
    log.warn("payloads were left behind", { keys: keys.slice(0, 10), error });
  }
}
