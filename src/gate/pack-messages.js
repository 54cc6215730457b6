import { JOBS_PER_MESSAGE, PAYLOAD_BYTES_PER_MESSAGE } from "../protocol/queue-message.ts";
/** A new job as what is to be sent. */
export function toSendable(draft) {
  return { ...draft, isolated: 0, solo: draft.solo ? 1 : 0 };
}
/**
 * Packs job ids into messages: short jobs share one, as far as their number and their payloads fit; long or heavy
 * ones travel alone, and so do suspects.
 */
export function packMessages(tenantId, jobs) {
  const message = (jobIds) => ({ v: 1, tenantId, jobIds });
  const shared = [];
  const alone = [];
  const suspects = [];
  let ids = [];
  let bytes = 0;
  for (const { id, isolated, solo, payloadBytes } of jobs) {
    if (isolated === 1) suspects.push(message([id]));
    else if (solo === 1) alone.push(message([id]));
    else {
      if (ids.length === JOBS_PER_MESSAGE || (ids.length > 0 && bytes + payloadBytes > PAYLOAD_BYTES_PER_MESSAGE)) {
        shared.push(message(ids));
        ids = [];
        bytes = 0;
      }
      ids.push(id);
      bytes += payloadBytes;
    }
  }
  if (ids.length > 0) shared.push(message(ids));
  return { jobs: [...shared, ...alone], isolated: suspects };
}
