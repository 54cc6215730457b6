import type { JobDraft } from "../protocol/gate.ts";
import { JOBS_PER_MESSAGE, PAYLOAD_BYTES_PER_MESSAGE, type QueueMessage } from "../protocol/queue-message.ts";

/** A job that is to be sent into the Queue. */
export interface Sendable {
  readonly id: string;
  /** 1 when it must run alone. */
  readonly isolated: number;
  readonly solo: number;
  readonly payloadBytes: number;
}

/** A new job as what is to be sent. */
export function toSendable(draft: JobDraft): Sendable {
  return { ...draft, isolated: 0, solo: draft.solo ? 1 : 0 };
}

export interface Packed {
  readonly jobs: readonly QueueMessage[];
  /** For jobs that must run alone: alone in their message, in a queue that delivers one message at a time. */
  readonly isolated: readonly QueueMessage[];
}

/**
 * Packs job ids into messages: short jobs share one, as far as their number and their payloads fit; long or heavy
 * ones travel alone, and so do suspects.
 */
export function packMessages(tenantId: string, jobs: readonly Sendable[]): Packed {
  const message = (jobIds: string[]): QueueMessage => ({ v: 1, tenantId, jobIds });
  const shared: QueueMessage[] = [];
  const alone: QueueMessage[] = [];
  const suspects: QueueMessage[] = [];
  let ids: string[] = [];
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
