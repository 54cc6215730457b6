import { expect, it, vi } from "vitest";
import { Sender } from "../../../src/gate/sender.ts";
import type { QueueMessage } from "../../../src/protocol/queue-message.ts";

const JOB = { id: "a", isolated: 0, solo: 0, payloadBytes: 10 };

it("sends a quiet tenant's jobs with everybody else's where there is no express Queue", () => {
  const [toJobs, toIsolated] = [vi.fn(async () => undefined), vi.fn(async () => undefined)];
  const queue = (sendBatch: typeof toJobs) => ({ sendBatch }) as unknown as Queue<QueueMessage>;
  new Sender(
    { JOBS: queue(toJobs), ISOLATED: queue(toIsolated) },
    { tenantId: "acme" },
    { isQuiet: () => true, isFollowed: () => false },
  ).send([JOB]);
  expect(toJobs).toHaveBeenCalledOnce();
  expect(toIsolated).not.toHaveBeenCalled();
});
