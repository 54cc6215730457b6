import type { Context } from "hono";
import { SluiceError } from "../protocol/sluice-error.ts";
import { LONGEST_WAIT_MS } from "./tenant-jobs.ts";

export interface WaitPreference {
  /** Clamped to what is allowed. */
  readonly waitMs: number;
  /** What confirms it, when it is granted. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * How long the caller wants to wait for the job to finish; null when it does not. Asked for by `?wait=5`, or by
 * `Prefer: wait=5` (RFC 7240 §4.3).
 */
export function waitPreference(c: Context): WaitPreference | null {
  const query = c.req.query("wait");
  if (query !== undefined) {
    if (!/^\d{1,9}(\.\d+)?$/.test(query)) throw new SluiceError("invalid_parameter", "wait: must be seconds");
    return { waitMs: clamp(Number(query)), headers: {} };
  }
  const preferred = /(?:^|[,;\s])wait=(\d{1,9})(?:$|[,;\s])/.exec(c.req.header("Prefer") ?? "")?.[1];
  if (preferred === undefined) return null;
  const waitMs = clamp(Number(preferred));
  return { waitMs, headers: { "Preference-Applied": `wait=${waitMs / 1_000}` } };
}

function clamp(seconds: number): number {
  return Math.min(LONGEST_WAIT_MS, Math.round(seconds * 1_000));
}
