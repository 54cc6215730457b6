import { z } from "zod";
import { JURISDICTIONS } from "../domain/region.ts";

/** Ids per message: short jobs share one, which divides the queue's operations. */
export const JOBS_PER_MESSAGE = 20;
/** Payload bytes per message, so that a consumer batch of 50 claims at most 8 MB. */
export const PAYLOAD_BYTES_PER_MESSAGE = 160_000;

/**
 * What the Queue carries: ids, never payloads. A message is a hint that these jobs may be claimed; one that is lost,
 * late, repeated or out of order changes nothing but latency.
 */
export const queueMessageSchema = z.object({
  v: z.literal(1),
  tenantId: z.string().min(1),
  jobIds: z.array(z.string().min(1)).min(1).max(JOBS_PER_MESSAGE),
  /** Of the tenant's gate; only of one that has one. */
  jurisdiction: z.enum(JURISDICTIONS).optional(),
  /** Somebody follows the tenant's events: its gate is to be told of starts. */
  watched: z.boolean().optional(),
});

export type QueueMessage = z.infer<typeof queueMessageSchema>;
