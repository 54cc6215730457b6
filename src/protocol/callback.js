import { z } from "zod";
import { CALLBACK_CONDITIONS } from "../domain/callback.ts";
import { derivedJobId, firstJobIdAt } from "../domain/id.ts";
import { sha256 } from "./sha256.ts";

/** What an id begins with: its time, and the hyphens. */
const TIME_CHARACTERS = "01234567-89ab-".length;
/** What a caller sends to be told when a job has ended. The API holds the URL against its guard. */
export const callbackSchema = z.strictObject({
  url: z.string(),
  on: z.enum(CALLBACK_CONDITIONS).default("both"),
});
/**
 * A job's callback as its row has it. Everything in it follows from the job, so that whoever ends the job, and however
 * often that is tried, makes the same one job of it.
 */
export async function storedCallback(callback, jobId) {
  const { url, on } = callback;
  const digest = await sha256(JSON.stringify([jobId, "callback"]));
  return JSON.stringify({ url, on, key: derivedJobId(0, digest).slice(TIME_CHARACTERS) });
}
/** A callback as a row has it; null where there is none. */
export function readCallback(json) {
  return json === null ? null : JSON.parse(json);
}
/** The id of the job that delivers a callback. */
export function callbackJobId({ key }, finishedAt) {
  return firstJobIdAt(finishedAt).slice(0, TIME_CHARACTERS) + key;
}
