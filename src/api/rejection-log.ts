import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import { insertRejection } from "../storage/endpoint-rejections.ts";
import { guardD1 } from "../storage/guarded-d1.ts";

const EVERY_MS = 1_000;
const MOST_ENDPOINTS = 1_000;
const LONGEST_TEXT = 300;

/** When this isolate may write the next rejection of an endpoint, and how many there were since the last one. */
const endpoints = new Map<string, { nextAt: number; unwritten: number }>();

export interface RefusedWebhook {
  readonly cause: string;
  readonly detail?: string;
  readonly userAgent?: string | undefined;
}

/**
 * Writes down what an endpoint has refused: each row costs, and anybody may send anything to a public address, so each
 * isolate writes one in a second, with the number of those it stands for. Never throws.
 */
export async function recordRejection(
  env: SluiceEnv,
  endpoint: { readonly tenantId: string; readonly id: string },
  { cause, detail, userAgent }: RefusedWebhook,
): Promise<void> {
  const now = Date.now();
  const known = endpoints.get(endpoint.id) ?? { nextAt: 0, unwritten: 0 };
  endpoints.delete(endpoint.id);
  if (endpoints.size >= MOST_ENDPOINTS) endpoints.delete(endpoints.keys().next().value ?? "");
  const count = known.unwritten + 1;
  const writes = now >= known.nextAt;
  endpoints.set(endpoint.id, writes ? { nextAt: now + EVERY_MS, unwritten: 0 } : { ...known, unwritten: count });
  if (!writes) return;
  const rejection = { id: rejectionId(now), at: now, cause, detail: cut(detail), userAgent: cut(userAgent), count };
  try {
    await insertRejection(guardD1(env.DB, readConfig(env).readDeadlineMs), endpoint, rejection);
  } catch (error) {
    log.warn("a rejected webhook was not written down", { endpoint: endpoint.id, cause, error });
  }
}

/** Ordered by time. */
function rejectionId(now: number): string {
  return `${String(now).padStart(15, "0")}-${crypto.randomUUID().slice(0, 8)}`;
}

function cut(text: string | undefined): string | null {
  return text?.slice(0, LONGEST_TEXT) ?? null;
}
