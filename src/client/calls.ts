import type { OpenStream } from "./live-events.ts";
import { type ClientRetry, DEFAULT_CLIENT_RETRY, retryingFetch, type Send, type Transport } from "./retrying-fetch.ts";

export interface CallOptions {
  /** Where Sluice is mounted: `https://sluice.acme.workers.dev`. */
  url: string;
  retry?: ClientRetry;
  /** Milliseconds for one try of a call that does not wait. Default 30,000. */
  timeoutMs?: number;
  /** Instead of the global one: a service binding's, or a test's. */
  fetch?: (request: Request) => Promise<Response>;
}

/** How the API is called by whoever has this secret. Every call throws `SluiceError`. */
export interface Calls {
  readonly send: Send;
  /**
   * Answers with the JSON.
   * @param triesFor milliseconds for one try
   */
  readonly call: <Answer>(path: string, init?: RequestInit, triesFor?: number, signal?: AbortSignal) => Promise<Answer>;
  readonly post: <Answer>(path: string, body?: unknown) => Promise<Answer>;
  readonly open: OpenStream;
}

const TIMEOUT_MS = 30_000;

/** @param secret what is sent as `Authorization: Bearer …` */
export function callsAs(secret: string, options: CallOptions): Calls {
  const { timeoutMs = TIMEOUT_MS } = options;
  const transport: Transport = {
    fetch: options.fetch ?? ((request) => fetch(request)),
    retry: { ...DEFAULT_CLIENT_RETRY, ...options.retry },
  };
  const base = options.url.replace(/\/$/, "");
  const request = (path: string, init: RequestInit) => ({ url: base + path, init: signed(secret, init) });
  const call: Calls["call"] = (path, init = {}, triesFor = timeoutMs, signal?) =>
    retryingFetch(transport, { ...request(path, init), read: (response) => response.json() }, triesFor, signal);
  return {
    send: (path, init, read) => retryingFetch(transport, { ...request(path, init), read }, timeoutMs),
    call,
    post: (path, body) => call(path, { method: "POST", body: JSON.stringify(body) }),
    open: (path, headers, signal) => {
      const read = async (response: Response) => response.body;
      return retryingFetch(transport, { ...request(path, { headers }), read }, null, signal);
    },
  };
}

function signed(secret: string, init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${secret}`);
  if (init.body != null && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  return { ...init, headers };
}
