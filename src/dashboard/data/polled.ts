import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Reading, Resource } from "./resource.ts";
import { key } from "./session.ts";

export interface Polled<Data> extends Reading<Data> {
  readonly refresh: () => Promise<void>;
}

const EVERY_MS = 2_000;
/** What was shown last is shown at once when somebody comes back to it. */
const MOST_KEPT = 40;

const kept = new Map<string, Resource<unknown>>();
const shown = signal<readonly Resource<unknown>[]>([]);

/** How old what is on the screen is: of all that it shows, the oldest. */
export const freshness: ReadonlySignal<{ readonly at: number | null; readonly error: Error | null }> = computed(() => {
  const readings = shown.value.map(({ reading }) => reading.value);
  const times = readings.flatMap(({ at }) => at ?? []);
  const at = times.length === 0 ? null : Math.min(...times);
  return { at, error: readings.find(({ error }) => error !== null)?.error ?? null };
});

/**
 * Reads something every so often while the page that asks is shown.
 * @param name of what is read; another name is another thing
 */
export function usePolled<Data>(name: string, read: () => Promise<Data>, everyMs = EVERY_MS): Polled<Data> {
  const resource = resourceOf(name, read, everyMs);
  useEffect(() => {
    shown.value = [...shown.peek(), resource];
    const stop = resource.use();
    return () => {
      stop();
      shown.value = shown.peek().filter((other) => other !== resource);
    };
  }, [resource]);
  return { ...resource.reading.value, refresh: () => resource.refresh() };
}

/** Reads what is on the screen anew, as after a change. */
async function refreshShown(): Promise<void> {
  await Promise.all(shown.peek().map((resource) => resource.refresh()));
}

function resourceOf<Data>(name: string, read: () => Promise<Data>, everyMs: number): Resource<Data> {
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
