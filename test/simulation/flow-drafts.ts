import type { FailurePolicy } from "../../src/domain/group.ts";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { type StoredStep, storedChain } from "../../src/protocol/chain.ts";
import type { GroupDraft } from "../../src/protocol/groups.ts";

/** What follows on a job, as the payloads of the jobs say that do. */
export type Part = "then" | "undo" | "child" | "last";

/** What is to follow on a job. */
export interface FlowShape {
  /** Jobs that follow on its success. */
  readonly steps: number;
  /** One follows on a failure. */
  readonly undo: boolean;
  /** Jobs that it enqueues itself. */
  readonly children: number;
  /** Those are a group. */
  readonly grouped: boolean;
}

/** A step that runs in this queue. */
function step(tenant: string, part: Part, key: string): StoredStep {
  const payload = JSON.stringify({ of: tenant, part });
  return {
    key,
    type: "work",
    queue: "a",
    priority: 5,
    maxAttempts: 1,
    timeoutMs: 30_000,
    backoff: JSON.stringify({ kind: "fixed", baseMs: 2_000 }),
    solo: 0,
    payload,
    payloadBytes: payload.length,
    delayMs: 0,
    expireInMs: null,
    callback: null,
    blobs: [],
  };
}

/** The chain of a job with this id. */
export function chainOf(tenant: string, id: string, { steps, undo }: FlowShape): string | null {
  const end = id.slice(-12);
  return storedChain(
    Array.from({ length: steps }, (_, index) => step(tenant, "then", `7ee${index}-8000-${end}`)),
    undo ? step(tenant, "undo", `7eef-8000-${end}`) : undefined,
  );
}

/** The group of jobs of which the first has this number. */
export function groupOf(tenant: string, number: number, onFailure: FailurePolicy, now: number): GroupDraft {
  const end = number.toString(16).padStart(12, "0");
  return {
    id: `${firstJobIdAt(now).slice(0, -12)}${end}`,
    name: null,
    onFailure,
    types: ["work"],
    onComplete: JSON.stringify(step(tenant, "last", `7eed-8000-${end}`)),
    parentId: null,
  };
}
