import { env } from "cloudflare:workers";
import { type Mock, vi } from "vitest";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";

type Messages = readonly MessageSendRequest<QueueMessage>[];
type Send = (messages: Messages, deliver: () => Promise<unknown>) => unknown;

/**
 * Has every send of jobs to the shared and to the express Queue end in `send`, which may deliver it; until
 * `vi.restoreAllMocks()`. Without one, nothing is delivered.
 */
export function interceptSends(send: Send = () => undefined): Mock<Send> {
  const spy = vi.fn(send);
  for (const queue of [env.JOBS, env.EXPRESS]) {
    const real = queue.sendBatch.bind(queue);
    vi.spyOn(queue, "sendBatch").mockImplementation(async (sent) => {
      const messages = [...sent];
      return (await spy(messages, () => real(messages))) as never;
    });
  }
  return spy;
}

/** The ids of a tenant that its gate sends from now on, in order; nothing is delivered. */
export function captureSends(tenantId: string): string[] {
  const sent: string[] = [];
  interceptSends((messages) => {
    for (const { body } of messages) if (body.tenantId === tenantId) sent.push(...body.jobIds);
  });
  return sent;
}
