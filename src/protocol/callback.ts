import { z } from "zod";
import { CALLBACK_CONDITIONS, type Callback } from "../domain/callback.ts";
import { followUpId, followUpKey } from "./follow-up-id.ts";

/** What a caller sends to be told when a job has ended. The API holds the URL against its guard. */
export const callbackSchema = z.strictObject({
  url: z.string(),
  on: z.enum(CALLBACK_CONDITIONS).default("both"),
});

/** A callback as it is kept with its job. */
export interface StoredCallback extends Callback {
  /** What follows the time in the id of the job that delivers it, which begins with the time at which this one ended. */
  readonly key: string;
}

/**
 * A job's callback as its row has it. Everything in it follows from the job, so that whoever ends the job, and however
 * often that is tried, makes the same one job of it.
 */
export async function storedCallback(callback: Callback, jobId: string): Promise<string> {
  const { url, on } = callback;
  return JSON.stringify({ url, on, key: await followUpKey([jobId, "callback"]) } satisfies StoredCallback);
}

/** A callback as a row has it; null where there is none. */
export function readCallback(json: string | null): StoredCallback | null {
  return json === null ? null : JSON.parse(json);
}

/** The id of the job that delivers a callback. */
export function callbackJobId({ key }: StoredCallback, finishedAt: number): string {
  return followUpId(key, finishedAt);
}
