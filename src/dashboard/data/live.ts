import { type OpenStream, tenantEvents, watchJob } from "../../client/live-events.ts";
import { JOB_EVENTS, type JobEventName } from "../../protocol/live-events.ts";
import { openStream } from "./api.ts";
import { type BeginStream, Follow } from "./follow.ts";
import { key, signOut } from "./session.ts";

/** What lists and counts change with; how far a job has come is its own page's business. */
const CHANGES: readonly JobEventName[] = JOB_EVENTS.filter((name) => name !== "job.progress");

const follows = new Map<string, Follow>();

/** What happens to the tenant's jobs, or to one of them and how far it has come. */
export function followOf(jobId: string | null): Follow {
  const name = jobId ?? "";
  const known = follows.get(name);
  if (known !== undefined) return known;
  const made = new Follow(
    (signal, is) => {
      const open = watched(is);
      return jobId === null ? tenantEvents(open, { events: CHANGES, signal }) : watchJob(open, jobId, { signal });
    },
    ({ status }) => {
      if (status === 401) signOut("The key is no longer valid.");
    },
  );
  forgetClosed();
  follows.set(name, made);
  return made;
}

/** Opens a stream once, and tells when it ends. */
function watched(is: Parameters<BeginStream>[1]): OpenStream {
  return async (path, headers, signal) => {
    const body = await openStream(path, headers, signal);
    is.open();
    return body && untilLost(body, is.lost);
  };
}

function untilLost(body: ReadableStream<Uint8Array>, lost: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await reader.read();
        if (!done) return controller.enqueue(value);
        lost();
        controller.close();
      } catch (error) {
        lost();
        throw error;
      }
    },
    cancel(reason) {
      lost();
      return reader.cancel(reason);
    },
  });
}

function forgetClosed(): void {
  for (const [name, follow] of follows) if (follow.isIdle) follows.delete(name);
}

// What belongs to one key is not told to the next.
key.subscribe(() => {
  for (const follow of follows.values()) follow.close();
  follows.clear();
});

document.addEventListener("visibilitychange", () => {
  for (const follow of follows.values()) follow.seen(!document.hidden);
});
