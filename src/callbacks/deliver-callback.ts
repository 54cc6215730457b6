import { env } from "cloudflare:workers";
import { z } from "zod";
import { readConfig } from "../config.ts";
import { CALLBACK_ANSWER_MS, CALLBACK_RETRY, CALLBACK_TIMEOUT_MS, CALLBACK_TYPE } from "../domain/callback.ts";
import { defineHandler, type JobContext } from "../domain/handler.ts";
import { FatalError, RetryError } from "../domain/outcome.ts";
import { backoffCeilingMs } from "../domain/retry-policy.ts";
import type { SluiceEnv } from "../env.ts";
import { exchange } from "../outgoing/exchange.ts";
import { type CapturedResponse, captureResponse, describeAnswer } from "../outgoing/http-response.ts";
import { retryAfterMs } from "../outgoing/retry-after.ts";
import { checkTarget } from "../outgoing/target-guard.ts";
import { disableReceiver, isDisabled } from "../storage/disabled-receivers.ts";
import { guardD1 } from "../storage/guarded-d1.ts";

const input = z.object({ url: z.string(), event: z.unknown() });

/** What a delivery leaves as its result. */
export interface Delivered {
  readonly status: number;
}

/**
 * Delivers a callback as Standard Webhooks: a signed POST whose `webhook-id` is this job's id. A receiver that answers
 * 410 is disabled, and gets no further callbacks of its tenant. Every other answer but 2xx is tried again, redirects
 * too; not before the time that `Retry-After` names.
 */
export const deliverCallback = defineHandler({
  type: CALLBACK_TYPE,
  input,
  timeout: CALLBACK_TIMEOUT_MS / 1_000,
  run: async ({ url, event }, context) => {
    const { readDeadlineMs, allowLoopback } = readConfig(env);
    const db = guardD1((env as SluiceEnv).DB, readDeadlineMs);
    if (await withDatabase(() => isDisabled(db, context.tenantId, url))) throw gone(url);
    const { status, error } = await post(checkTarget(url, allowLoopback), JSON.stringify(event), context);
    if (status === 410) {
      const receiver = { url, disabledAt: Date.now(), jobId: context.jobId };
      await withDatabase(() => disableReceiver(db, context.tenantId, receiver));
      throw gone(url);
    }
    if (error !== null) throw error;
    return { status } satisfies Delivered;
  },
});

async function post(
  url: URL,
  body: string,
  context: JobContext,
): Promise<{ readonly status: number; readonly error: RetryError | null }> {
  const headers = { ...(await context.sign(body)), "Content-Type": "application/json", "User-Agent": "Sluice" };
  return exchange(url.host, CALLBACK_ANSWER_MS, context.signal, async (signal) => {
    const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual", cache: "no-store" });
    const answer = await captureResponse(response);
    const { status } = answer;
    if (status >= 200 && status < 300) return { status, error: null };
    return { status, error: tryAgain(answer, response.headers.get("retry-after"), url.host, context.attempt) };
  });
}

// The answer may ask for more time between two tries than the list gives, never for less: that would use up the tries.
function tryAgain(answer: CapturedResponse, retryAfter: string | null, host: string, attempt: number): RetryError {
  const message = describeAnswer(answer, host);
  const askedMs = retryAfterMs(retryAfter, Date.now());
  if (askedMs === undefined) return new RetryError(message);
  return new RetryError(message, {
    after: `${Math.max(askedMs, backoffCeilingMs(attempt, CALLBACK_RETRY.backoff))}ms`,
  });
}

function gone(url: string): FatalError {
  return new FatalError(`${new URL(url).host} has answered 410: it is disabled, and gets no more callbacks`);
}

// What could not be looked up or remembered is a reason to try again, as a receiver that is away.
async function withDatabase<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    throw new RetryError("the disabled receivers cannot be read or written at the moment", { cause });
  }
}
