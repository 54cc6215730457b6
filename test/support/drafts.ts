import { v7 as uuidv7 } from "uuid";
import type { JobDraft } from "../../src/protocol/gate.ts";

/** A job as the API would hand it to the gate. */
export function draft(overrides: Partial<JobDraft> = {}): JobDraft {
  const payload = overrides.payload === undefined ? "{}" : overrides.payload;
  return {
    id: uuidv7(),
    type: "noop",
    queue: "default",
    priority: 5,
    maxAttempts: 5,
    timeoutMs: 30_000,
    backoff: JSON.stringify({ baseMs: 1, factor: 1, capMs: 1 }),
    solo: false,
    idempotencyKey: null,
    requestDigest: null,
    payload,
    payloadBytes: payload === null ? 0 : new TextEncoder().encode(payload).byteLength,
    payloadBlob: null,
    blobs: [],
    dueAt: null,
    expiresAt: null,
    uniqueKey: null,
    uniqueMs: null,
    replayOf: null,
    callback: null,
    ...overrides,
  };
}
