import type { CallbackCondition } from "../domain/callback.ts";
import { readCallback, storedCallback } from "./callback.ts";
import { followUpId, followUpKey } from "./follow-up-id.ts";

/** Jobs that may follow on a job, one after the other. */
export const MOST_STEPS = 20;
/** Bytes of their payloads together: they are kept with the job, and copied from each to the next. */
export const MOST_CHAIN_BYTES = 32_768;

/** A job that is to follow, with all that depends on its type resolved. */
export interface StoredStep {
  /** What follows the time in its id. */
  readonly key: string;
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  /** `Backoff` as JSON. */
  readonly backoff: string;
  readonly solo: 0 | 1;
  /** JSON text. */
  readonly payload: string;
  readonly payloadBytes: number;
  /** From the end of the job before it. */
  readonly delayMs: number;
  readonly expireInMs: number | null;
  /** `StoredCallback` as JSON. */
  readonly callback: string | null;
  /** The ids of the blobs that its payload names. */
  readonly blobs: readonly string[];
}

/** What follows on a job, as its row has it. */
export interface StoredChain {
  /** On which of its ends something follows at all. */
  readonly on: CallbackCondition;
  /** What follows on its success: the first now, the others after that. */
  readonly steps: readonly StoredStep[];
  /** What follows when it fails or is cancelled, or one of the steps. */
  readonly onFailure?: StoredStep;
}

/** The chain as a row has it; null when there is nothing in it. */
export function storedChain(steps: readonly StoredStep[], onFailure?: StoredStep): string | null {
  if (steps.length === 0 && onFailure === undefined) return null;
  const on = onFailure === undefined ? "success" : steps.length === 0 ? "failure" : "both";
  return JSON.stringify({ on, steps, ...(onFailure && { onFailure }) } satisfies StoredChain);
}

/** The rest of a chain as a row has it; null where there is none. */
export function readChain(json: string | null): StoredChain | null {
  return json === null ? null : JSON.parse(json);
}

/** The same chain for another job, which repeats the one that it belongs to: what follows on that are other jobs. */
export function repeatedChain(json: string | null, jobId: string): Promise<string | null> {
  return rekeyed(json, (step) => [jobId, step.key]);
}

/** The same chain for a schedule, whichever job it was made for: {@link repeatedChain} gives it to each of its jobs. */
export function scheduledChain(json: string | null, schedule: string): Promise<string | null> {
  return rekeyed(json, (_, place) => ["schedule", schedule, place]);
}

/** @param nameOf what a step is called from now on, by its place: its index, or -1 of what follows on a failure */
async function rekeyed(
  json: string | null,
  nameOf: (step: StoredStep, place: number) => readonly unknown[],
): Promise<string | null> {
  const chain = readChain(json);
  if (chain === null) return null;
  const rekey = async (step: StoredStep, place: number): Promise<StoredStep> => {
    const key = await followUpKey(nameOf(step, place));
    const callback = readCallback(step.callback);
    return { ...step, key, callback: callback === null ? null : await storedCallback(callback, key) };
  };
  return storedChain(await Promise.all(chain.steps.map(rekey)), chain.onFailure && (await rekey(chain.onFailure, -1)));
}

/** The id of the job that follows when a job has ended then; null when none does. */
export function nextJobId({ steps, onFailure }: StoredChain, succeeded: boolean, endedAt: number): string | null {
  const step = succeeded ? steps[0] : onFailure;
  return step === undefined ? null : followUpId(step.key, endedAt);
}
