import { isTerminal, type JobState } from "./job.ts";
import type { RetryPolicy } from "./retry-policy.ts";

export const CALLBACK_CONDITIONS = ["success", "failure", "both"] as const;

/** Which end of a job is told: `success` is `succeeded`, `failure` is `failed` and `cancelled`. */
export type CallbackCondition = (typeof CALLBACK_CONDITIONS)[number];

/** Who is told when a job has ended. */
export interface Callback {
  /** As the guard has normalised it. */
  readonly url: string;
  readonly on: CallbackCondition;
}

/** Job types that begin with it are Sluice's own. */
const RESERVED = "sluice.";

/** Whether only Sluice itself makes jobs of this type. */
export function isReservedType(type: string): boolean {
  return type.startsWith(RESERVED);
}

/** The type of the jobs that deliver callbacks. */
export const CALLBACK_TYPE = `${RESERVED}callback`;
/** Their queue: apart, so that a slow receiver holds back callbacks, and nothing else. */
export const CALLBACK_QUEUE = `${RESERVED}callbacks`;
/** Of a tenant's concurrency their queue has one in so many, as long as its tenant has said nothing else. */
export const CALLBACK_SHARE = 10;
export const CALLBACK_PRIORITY = 5;
/** Of the deliveries of alerts: whatever callbacks wait, these go before them. */
export const ALERT_PRIORITY = 9;
/** For one delivery: what is sent, and the answer's beginning. Standard Webhooks asks for 15 to 30 s. */
export const CALLBACK_ANSWER_MS = 20_000;
export const CALLBACK_TIMEOUT_MS = 25_000;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The example of the Standard Webhooks specification ("Deliverability and reliability"): ten tries in three days. */
export const CALLBACK_RETRY = {
  maxAttempts: 10,
  backoff: {
    kind: "list",
    delaysMs: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  },
} as const satisfies RetryPolicy;

/** Whether somebody is to be told of a job that is now in this state. */
export function isCalledBack(on: CallbackCondition | null, state: JobState): boolean {
  if (on === null || !isTerminal(state)) return false;
  return on === "both" || on === (state === "succeeded" ? "success" : "failure");
}
