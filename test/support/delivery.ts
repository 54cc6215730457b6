import { Webhook } from "standardwebhooks";
import { vi } from "vitest";
import type { JobContext } from "../../src/domain/handler.ts";
import { jobLog } from "../../src/domain/log-line.ts";
import { deliver, type HttpRequest } from "../../src/handlers/http-request.ts";
import { newSigningSecret, signWebhook } from "../../src/protocol/webhook-signature.ts";
import { MemoryBlobs } from "../../src/testing/memory-blobs.ts";

export const HOOK = "https://hooks.example.com/in";

/** A request that the network was asked for. */
export interface Call {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Headers;
  readonly body: BodyInit | null | undefined;
}

/**
 * Stands in for the network until mocks are restored: answers in turn, and keeps what it was asked. An answer with a
 * body for a job that the Queue runs is to be made there, by a function: a stream belongs to the request that made it.
 */
export function network(...answers: (Response | Error | (() => Response))[]): Call[] {
  const calls: Call[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (target, init) => {
    init?.signal?.throwIfAborted();
    const url = target instanceof Request ? target.url : target.toString();
    calls.push({ url, method: init?.method, headers: new Headers(init?.headers), body: init?.body });
    const answer = answers.shift() ?? new Response("the test has no more answers", { status: 500 });
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer() : answer;
  });
  return calls;
}

/** A network in which no answer ever comes. */
export function silence(): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(
    (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.throwIfAborted();
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      }),
  );
}

export const redirect = (status: number, location: string) => new Response(null, { status, headers: { location } });

/** Signs every delivery here. */
export const SECRET = newSigningSecret();

/** What a receiver verifies: all that was sent, byte for byte, and the headers. */
export interface Delivery {
  readonly body: string;
  readonly headers: Record<string, string>;
}

export const asReceived = async (call: Call | undefined): Promise<Delivery> => ({
  body: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await new Response(call?.body).bytes()),
  headers: Object.fromEntries(call?.headers ?? []),
});

/** Whether the specification's own library takes a delivery for one that is signed with this secret. */
export function verifies({ body, headers }: Delivery, secret = SECRET): boolean {
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

const NO_CHILDREN = { enqueue: async () => "", enqueueMany: async () => ({ ids: [], groupId: null }) };

export const send = (request: HttpRequest, signal = new AbortController().signal) => {
  const sign = (body: string) => signWebhook([SECRET], "job-1", Date.now(), body);
  const step: JobContext["step"] = async (_, work) => work();
  const attempt = { tenantId: "acme", jobId: "job-1", attempt: 2, traceparent: null, previous: null, signal, step };
  const told = { progress: () => undefined, log: jobLog(() => undefined), ...NO_CHILDREN };
  return deliver(request, { ...attempt, ...told, sign, blobs: new MemoryBlobs() }, []);
};

export const failure = async (request: HttpRequest, signal?: AbortSignal): Promise<Error> => {
  const thrown = await send(request, signal).catch((thrown: unknown) => thrown);
  if (!(thrown instanceof Error)) throw new Error("the delivery succeeded");
  return thrown;
};
