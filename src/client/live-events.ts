import { isTerminal } from "../domain/job.ts";
import type { JobEvent, LiveEvent, MissedEvents } from "../protocol/live-event-view.ts";
import { JOB_EVENTS, type JobEventName } from "../protocol/live-events.ts";
import { EventReader, type ServerSentEvent } from "../protocol/server-sent-events.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { pause } from "./retrying-fetch.ts";

export interface WatchOptions {
  /** Ends it: the loop then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface EventsOptions extends WatchOptions {
  readonly queue?: string;
  readonly type?: string;
  /** Only these. */
  readonly events?: readonly JobEventName[];
}

/** Opens a stream below the API's address, tried again until it is there; its body ends when the signal aborts. */
export type OpenStream = (
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<ReadableStream<Uint8Array> | null>;

/** A stream gives a sign of life every 15 s: one that has given none for so long is gone. */
const SILENT_MS = 45_000;
const RETRY_MS = 2_000;
const KNOWN: ReadonlySet<string> = new Set<LiveEvent["event"]>([...JOB_EVENTS, "job.state", "events.missed"]);

/**
 * A job's events until it has finished; the first says what it is at present. Comes back whenever the stream is lost.
 * @throws SluiceError when it cannot be opened; the signal's reason when that aborts
 */
export async function* watchJob(open: OpenStream, id: string, { signal }: WatchOptions = {}): AsyncGenerator<JobEvent> {
  for await (const event of follow(open, `/v1/jobs/${encodeURIComponent(id)}/events`, signal)) {
    // What was missed is made up for: the job's present state comes next.
    if (event.event === "events.missed") continue;
    yield event;
    if (isTerminal(event.state)) return;
  }
}

/** A tenant's events as they happen, without an end; throws as {@link watchJob}. */
export function tenantEvents(
  open: OpenStream,
  { queue, type, events, signal }: EventsOptions = {},
): AsyncGenerator<JobEvent | MissedEvents> {
  const query = new URLSearchParams();
  if (queue !== undefined) query.set("queue", queue);
  if (type !== undefined) query.set("type", type);
  if (events !== undefined) query.set("event", events.join(","));
  return follow(open, `/v1/events?${query.toString()}`, signal);
}

async function* follow(
  open: OpenStream,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobEvent | MissedEvents> {
  let lastEventId = "";
  for (;;) {
    const reader = new EventReader(lastEventId);
    for await (const bytes of piecesOf(open, path, lastEventId, signal)) {
      for (const event of read(reader, bytes)) {
        const live = parse(event);
        if (live !== null) yield live;
      }
    }
    signal?.throwIfAborted();
    lastEventId = reader.lastEventId;
    // Spread out: those who were cut off together do not come back together.
    await pause((reader.retryMs ?? RETRY_MS) * (0.5 + Math.random()), signal);
  }
}

/** What one stream brings, until it ends or is lost. */
async function* piecesOf(
  open: OpenStream,
  path: string,
  lastEventId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  const headers = { Accept: "text/event-stream", ...(lastEventId !== "" && { "Last-Event-ID": lastEventId }) };
  const body = await withinSilence(over, () => open(path, headers, either));
  if (over.signal.aborted) throw new SluiceError("network_error", `no answer within ${SILENT_MS} ms`);
  const reader = body?.getReader();
  const cancel = () => void reader?.cancel().catch(() => undefined);
  either.addEventListener("abort", cancel);
  try {
    for (;;) {
      const piece = await withinSilence(over, async () => reader?.read());
      if (piece?.value === undefined) return;
      yield piece.value;
    }
  } finally {
    either.removeEventListener("abort", cancel);
    cancel();
    over.abort();
  }
}

// Lost is what ends, breaks off or falls silent: all of that is nothing, and the caller comes back.
async function withinSilence<T>(over: AbortController, run: () => Promise<T>): Promise<T | undefined> {
  const timer = setTimeout(() => over.abort(new Error("the stream has fallen silent")), SILENT_MS);
  try {
    return await run();
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function read(reader: EventReader, bytes: Uint8Array): ServerSentEvent[] {
  try {
    return reader.read(bytes);
  } catch (cause) {
    throw unexpected(cause);
  }
}

// An event that only a newer server knows is left out.
function parse({ event, data }: ServerSentEvent): JobEvent | MissedEvents | null {
  if (!KNOWN.has(event)) return null;
  try {
    return { event, ...(JSON.parse(data) as object) } as Exclude<LiveEvent, { event: "events.end" }>;
  } catch (cause) {
    throw unexpected(cause);
  }
}

function unexpected(cause: unknown): SluiceError {
  return new SluiceError("unexpected_response", "the answer is no stream of events", { cause });
}
