import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { consumeBatch } from "../../src/consumer/consume-batch.ts";
import { type AnyHandler, createRegistry } from "../../src/domain/registry.ts";
import type { JobDraft } from "../../src/protocol/gate.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { JOBS_PER_MESSAGE } from "../../src/protocol/queue-message.ts";
import { gateOf } from "./gate.ts";
import { interceptSends } from "./sends.ts";

/** Enqueues jobs whose messages are not delivered by the Queue, only by the test. */
export async function enqueueUnsent(tenantId: string, drafts: JobDraft[]): Promise<QueueMessage> {
  const send = interceptSends();
  await gateOf(tenantId).enqueue(drafts);
  await vi.waitFor(() => expect(send).toHaveBeenCalled());
  return { v: 1, tenantId, jobIds: drafts.map((job) => job.id) };
}

/** The same as the messages that the gate packs. */
export function packed({ tenantId, jobIds }: QueueMessage): QueueMessage[] {
  const messages = Math.ceil(jobIds.length / JOBS_PER_MESSAGE);
  return Array.from({ length: messages }, (_, n) => {
    const from = n * JOBS_PER_MESSAGE;
    return { v: 1, tenantId, jobIds: jobIds.slice(from, from + JOBS_PER_MESSAGE) };
  });
}

/** Delivers messages to a consumer that has these handlers; resolves when it has ended, with what it tells the Queue. */
export async function consume(
  handlers: readonly AnyHandler[],
  messages: readonly QueueMessage[],
  { queue = "sluice-jobs", bindings = {} }: { queue?: string; bindings?: object } = {},
) {
  const batch = createMessageBatch(
    queue,
    messages.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body })),
  );
  await consumeBatch(batch, { ...env, ...bindings }, createRegistry(handlers));
  return getQueueResult(batch, createExecutionContext());
}
