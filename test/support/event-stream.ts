import { exports } from "cloudflare:workers";
import { EventReader, type ServerSentEvent } from "../../src/protocol/server-sent-events.ts";

/** An open stream of events, as it is read. */
export interface OpenStream {
  readonly response: Response;
  /** The next event; null at the end. */
  readonly next: () => Promise<{ readonly event: string; readonly data: any } | null>;
  /** Reads on until an event of this name; returns it. */
  readonly until: (name: string) => Promise<{ readonly event: string; readonly data: any }>;
  readonly lastEventId: () => string;
  readonly close: () => Promise<void>;
}

/** Opens a stream of events with a tenant's key, as over HTTP. */
export async function openEvents({ key }: { key: string }, path: string, headers = {}): Promise<OpenStream> {
  const request = new Request(`https://sluice.test${path}`, {
    headers: { Authorization: `Bearer ${key}`, ...headers },
  });
  const response = await exports.default.fetch(request);
  if (response.body === null || !response.ok) throw new Error(`answered ${response.status}: ${await response.text()}`);
  const bytes = response.body.getReader();
  const reader = new EventReader();
  const read: ServerSentEvent[] = [];
  const next = async () => {
    while (read.length === 0) {
      const { value } = await bytes.read();
      if (value === undefined) return null;
      read.push(...reader.read(value));
    }
    const { event, data } = read.shift()!;
    return { event, data: JSON.parse(data) };
  };
  return {
    response,
    next,
    until: async (name) => {
      for (;;) {
        const event = await next();
        if (event === null) throw new Error(`the stream has ended before ${name}`);
        if (event.event === name) return event;
      }
    },
    lastEventId: () => reader.lastEventId,
    close: () => bytes.cancel(),
  };
}
