import { patternsOf } from "../../domain/queue-settings.ts";
import type { QueueView } from "../../protocol/queue-view.ts";
import { briefRate } from "./brief.ts";

/** What keeps the jobs of a queue waiting. A figure is null where it is not known. */
export type BindingLimit =
  | { readonly kind: "paused" }
  | { readonly kind: "concurrency"; readonly max: number | null }
  | { readonly kind: "rate"; readonly rate: QueueView["rate"] }
  /** The tenant's own. */
  | { readonly kind: "tenant_concurrency"; readonly max: number };

/** A queue's settings: those of its name, else those of the longest pattern that matches it; null: it has none. */
export function settingsOf(queue: string, all: readonly QueueView[]): QueueView | null {
  for (const name of [queue, ...patternsOf(queue)]) {
    const found = all.find((settings) => settings.name === name);
    if (found) return found;
  }
  return null;
}

/** What a limit says of its queue: "is at its concurrency of 10". */
export function limitText(limit: BindingLimit): string {
  switch (limit.kind) {
    case "paused":
      return "is paused";
    case "concurrency":
      return `is at its ${limitName(limit)}`;
    case "rate":
      return limit.rate === null ? "is at its rate" : `starts at most ${briefRate(limit.rate)}`;
    case "tenant_concurrency":
      return `waits for the ${limitName(limit)}`;
  }
}

/** A limit in a few words, beside its queue's name: "concurrency of 10". */
export function limitName(limit: BindingLimit): string {
  switch (limit.kind) {
    case "paused":
      return "paused";
    case "concurrency":
      return limit.max === null ? "concurrency" : `concurrency of ${limit.max.toLocaleString("en")}`;
    case "rate":
      return limit.rate === null ? "rate" : briefRate(limit.rate);
    case "tenant_concurrency":
      return `tenant's concurrency of ${limit.max.toLocaleString("en")}`;
  }
}
