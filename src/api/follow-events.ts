import type { SluiceEnv } from "../env.ts";
import type { FollowRequest } from "../protocol/live-events.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { callGate } from "./gate-client.ts";
import { jobNotFound } from "./rejection.ts";

/**
 * A tenant's events as they happen, as the text of an event stream.
 * @throws SluiceError `job_not_found`, `overloaded` (too many streams), or `storage_unavailable`
 */
export async function followEvents(
  env: Pick<SluiceEnv, "GATES" | "DB">,
  tenantId: string,
  request: FollowRequest,
): Promise<ReadableStream<Uint8Array>> {
  const reply = await callGate(env, tenantId, (gate) => gate.follow(request));
  switch (reply.kind) {
    case "following":
      return reply.body;
    case "job_not_found":
      throw jobNotFound(request.jobId ?? "");
    case "overloaded": {
      const { max, current } = reply;
      const limit = { name: "streams", max, current };
      const detail = `The streams limit is ${max}, and ${current} is taken`;
      throw new SluiceError("overloaded", detail, { limit, retryAfterMs: 5_000 });
    }
    case "storage_unavailable":
      throw new SluiceError("storage_unavailable", "The database cannot be read", { retryAfterMs: 1_000 });
  }
}
