import { jsonFault } from "./json-fault.ts";
import { FatalError } from "./outcome.ts";
import { utf8Bytes } from "./utf8-bytes.ts";

/**
 * What a job may keep of its steps. All of them, with a payload of 32 KB, are no more than a queue message's share of what
 * a claim returns.
 */
export const STEP_LIMITS = { steps: 100, nameLength: 100, resultBytes: 16_384, bytes: 120_000 } as const;

/** A finished step as its job keeps it: the attempt that has run it, when it ended (ms since the epoch), what it gave. */
export type StoredStep = readonly [attempt: number, at: number, result?: unknown];

/** A job's finished steps, by name. */
export function readSteps(json: string | null): ReadonlyMap<string, StoredStep> {
  return new Map(json === null ? [] : Object.entries(JSON.parse(json) as Record<string, StoredStep>));
}

/** A finished step as a member of the JSON object in which its job keeps them. */
export function stepMember(name: string, attempt: number, at: number, result: string | undefined): string {
  return `${JSON.stringify(name)}:[${attempt},${at}${result === undefined ? "" : `,${result}`}]`;
}

/**
 * What a step has given, as JSON; undefined when that is nothing.
 * @throws FatalError when the next attempt would not get the same, or it is too large
 */
export function stepResult(name: string, value: unknown): string | undefined {
  const changed = jsonFault(value);
  if (changed !== null) {
    throw new FatalError(`the result of step "${name}" is not the same once it has been JSON: ${changed}`);
  }
  const json = JSON.stringify(value) as string | undefined;
  const bytes = json === undefined ? 0 : utf8Bytes(json);
  if (bytes <= STEP_LIMITS.resultBytes) return json;
  const instead = "keep it with context.blobs.put, and return the blob";
  throw new FatalError(
    `the result of step "${name}" has ${bytes} bytes, the limit is ${STEP_LIMITS.resultBytes}: ${instead}`,
  );
}

/** @throws FatalError when a step cannot be called so */
export function checkStepName(name: string): void {
  if (name.length > 0 && name.length <= STEP_LIMITS.nameLength && name.isWellFormed()) return;
  throw new FatalError(`a step's name has 1 to ${STEP_LIMITS.nameLength} characters: ${name.slice(0, 120)}`);
}
