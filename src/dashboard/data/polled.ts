import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { JobEvent } from "../../protocol/live-event-view.ts";
import type { Follow, Told } from "./follow.ts";
import { followOf } from "./live.ts";
import { type Reading, Resource } from "./resource.ts";
import { key } from "./session.ts";

export interface Polled<Data> extends Reading<Data> {
  readonly refresh: () => Promise<void>;
}

/** How something is kept up to date. */
export interface Upkeep {
  /** Milliseconds from one reading to the next, where nothing is told of it. */
  readonly everyMs?: number;
  /** Events that it changes with; left out: nothing is told of it. */
  readonly follows?: Following;
}

/** Which events something changes with. */
export interface Following {
  /** Left out: the whole tenant. */
  readonly jobId?: string;
  readonly changesWith: (event: JobEvent) => boolean;
}

/** How true what is on the screen is. */
export interface Freshness {
  /** Of all that is shown, the oldest. */
  readonly at: number | null;
  /** From when on it is too old; in milliseconds since the epoch. */
  readonly staleAt: number;
  readonly error: Error | null;
  /** Something of it is told as it happens. */
  readonly isLive: boolean;
}

/** Whatever happens to a job. */
export const ANYTHING: Following = { changesWith: () => true };

interface Shown {
  readonly resource: Resource<unknown>;
  readonly follow: Follow | null;
}

const EVERY_MS = 2_000;
/** What is told as it happens is read nevertheless: time goes on, and a word may be lost. */
const LIVE_EVERY_MS = 10_000;
/** Late by so much, it is told to be old. */
const LATE_MS = 8_000;
/** What was shown last is shown at once when somebody comes back to it. */
const MOST_KEPT = 40;

const kept = new Map<string, Resource<unknown>>();
const shown = signal<readonly Shown[]>([]);

export const freshness: ReadonlySignal<Freshness> = computed(() => {
  const readings = shown.value.map(({ resource, follow }) => ({
    ...resource.reading.value,
    isLive: follow?.state.value === "live",
    everyMs: resource.everyMs,
  }));
  const read = readings.flatMap(({ at, everyMs }) => (at === null ? [] : { at, staleAt: at + everyMs + LATE_MS }));
  return {
    at: read.length === 0 ? null : Math.min(...read.map(({ at }) => at)),
    staleAt: Math.min(...read.map(({ staleAt }) => staleAt)),
    error: readings.find(({ error }) => error !== null)?.error ?? null,
    isLive: readings.some(({ isLive }) => isLive),
  };
});

/**
 * Reads something while the page that asks is shown: when it is told to have changed, and every so often.
 * @param name of what is read; another name is another thing
 */
export function usePolled<Data>(name: string, read: () => Promise<Data>, upkeep: Upkeep = {}): Polled<Data> {
  const { everyMs = EVERY_MS, follows } = upkeep;
  const followed = () => (follows === undefined ? null : followOf(follows.jobId ?? null));
  const follow = followed();
  const resource = resourceOf(name, read, () => (isTelling(followed()?.state.peek()) ? LIVE_EVERY_MS : everyMs));
  useEffect(() => {
    const mine = { resource, follow };
    shown.value = [...shown.peek(), mine];
    const stops = [resource.use()];
    if (follow !== null && follows !== undefined) {
      stops.push(follow.listen((told) => isChange(told, follows.changesWith) && resource.changed()));
      stops.push(onceLost(follow, () => resource.changed()));
    }
    return () => {
      for (const stop of stops) stop();
      shown.value = shown.peek().filter((other) => other !== mine);
    };
  }, [resource, follow]);
  return { ...resource.reading.value, refresh: () => resource.refresh() };
}

/** Reads what is on the screen anew, as after a change. */
async function refreshShown(): Promise<void> {
  await Promise.all(shown.peek().map(({ resource }) => resource.refresh()));
}

// What was missed may be anything.
function isChange(told: Told, changesWith: (event: JobEvent) => boolean): boolean {
  return told.event === "events.missed" || changesWith(told);
}

function isTelling(state: string | undefined): boolean {
  return state === "live" || state === "ended";
}

/** Calls when a stream is lost, and when it is there again: in between nothing was told. */
function onceLost(follow: Follow, call: () => void): () => void {
  let wasLost = false;
  return follow.state.subscribe((state) => {
    if (state === "lost" || (state === "live" && wasLost)) call();
    wasLost = state === "lost" || (wasLost && state !== "live");
  });
}

function resourceOf<Data>(name: string, read: () => Promise<Data>, everyMs: () => number): Resource<Data> {
  const known = kept.get(name) as Resource<Data> | undefined;
  const resource = known ?? new Resource(read, everyMs);
  // The one that was used last is the last to go.
  kept.delete(name);
  kept.set(name, resource);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value ?? "");
  return resource;
}

// What belongs to one key is not shown to the next.
key.subscribe(() => kept.clear());

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refreshShown();
});
