import type { Context } from "hono";
import { SluiceError } from "../protocol/sluice-error";
import { LONGEST_WAIT_MS } from "./tenant-jobs";

/**
 * How long the caller wants to wait for the job to finish, in milliseconds, clamped to what is allowed; null when it
 * does not. Asked for by `?wait=5` or by `Prefer: wait=5` (RFC 7240 §4.3), which is then confirmed.
 */
export function waitPreference(c: Context): number | null {
  const query = c.req.query("wait");
  if (query !== undefined) {
    if (!/^\d{1,9}(\.\d+)?$/.test(query)) throw new SluiceError("invalid_parameter", "wait: must be seconds");
    return clamp(Number(query));
  }
  const preferred = /(?:^|[,;\s])wait=(\d{1,9})(?:$|[,;\s])/.exec(c.req.header("Prefer") ?? "")?.[1];
  if (preferred === undefined) return null;
  const waitMs = clamp(Number(preferred));
  c.header("Preference-Applied", `wait=${waitMs / 1_000}`);
  return waitMs;
}

function clamp(seconds: number): number {
  return Math.min(LONGEST_WAIT_MS, Math.round(seconds * 1_000));
}
