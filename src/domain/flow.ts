/** What can hold back a queue's waiting jobs. */
export const BINDING_LIMITS = ["paused", "concurrency", "rate", "tenantConcurrency"] as const;
export type BindingLimit = (typeof BINDING_LIMITS)[number];

/** A queue whose jobs wait for room, as far as its limits go. */
export interface QueueFlow {
  readonly name: string;
  readonly paused: boolean;
  /** Null: only the tenant's own. */
  readonly concurrency: number | null;
  readonly inFlight: number;
  /** It has a rate, and has spent it. */
  readonly outOfTokens: boolean;
}

export interface TenantFlow {
  readonly concurrency: number;
  readonly inFlight: number;
}

/** Which limit keeps a queue's next job from starting; null when none does. */
export function bindingLimit(queue: QueueFlow, tenant: TenantFlow): BindingLimit | null {
  if (queue.paused) return "paused";
  if (queue.concurrency !== null && queue.inFlight >= queue.concurrency) return "concurrency";
  if (queue.outOfTokens) return "rate";
  return tenant.inFlight >= tenant.concurrency ? "tenantConcurrency" : null;
}

/** The job that should have started before all others. */
export interface Oldest {
  readonly queue: string;
  readonly ageMs: number;
  readonly limit: BindingLimit | null;
  /** The queue's concurrency, if that is the limit. */
  readonly concurrency: number | null;
}

/** Whether jobs flow, in one sentence for a person: how long the oldest waits, and for what. */
export function flowSentence(oldest: Oldest | null, tenant: TenantFlow): string {
  const { inFlight, concurrency } = tenant;
  if (oldest === null) return inFlight === 0 ? "Nothing waits, nothing runs." : `Nothing waits; ${inFlight} in flight.`;
  const waits = `Oldest waits ${roughly(oldest.ageMs)}`;
  switch (oldest.limit) {
    case "paused":
      return `${waits}: \`${oldest.queue}\` is paused.`;
    case "concurrency":
      return `${waits}: \`${oldest.queue}\` is at its concurrency of ${oldest.concurrency}.`;
    case "rate":
      return `${waits}: \`${oldest.queue}\` has used up its rate.`;
    case "tenantConcurrency":
      return `${waits}: all ${concurrency} places of the tenant are taken.`;
    case null:
      return `${waits}, in \`${oldest.queue}\`; nothing holds it back.`;
  }
}

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

function roughly(ms: number): string {
  const unit = UNITS.find((unit) => ms >= unit.ms);
  return unit === undefined ? "less than 1 s" : `${Math.floor(ms / unit.ms)} ${unit.name}`;
}
