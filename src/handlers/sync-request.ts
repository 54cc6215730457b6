import type { JobContext } from "../domain/handler.ts";
import { exchange } from "../outgoing/exchange.ts";
import { captureResponse, requireSuccess } from "../outgoing/http-response.ts";
import { readJsonBody } from "../outgoing/json-body.ts";
import { checkTarget } from "../outgoing/target-guard.ts";
import { fetchFollowing } from "./http-redirect.ts";
import { outgoingHeaders } from "./request-headers.ts";

const PAGE_MS = 25_000;
const MOST_PAGE_BYTES = 4_000_000;

/** A page that has changed since it was last pulled, or has no ETag. */
export interface FetchedPage {
  readonly url: URL;
  readonly body: unknown;
  readonly etag: string | null;
  readonly link: string | null;
}

/**
 * Asks for a page, by its ETag where one is known (RFC 9110 §13.1.2).
 * @param headers Those of the application: no other origin gets to see them.
 * @param allowLoopback As in `checkTarget`.
 * @returns null when it has not changed (304)
 * @throws FatalError or RetryError as `requireSuccess`; the reason of `context.signal` once it has aborted
 */
export async function requestPage(
  address: string,
  etag: string | null,
  headers: Readonly<Record<string, string>>,
  context: JobContext,
  allowLoopback: readonly string[],
): Promise<FetchedPage | null> {
  const target = checkTarget(address, allowLoopback);
  const own = { "Sluice-Job-Id": context.jobId, "Sluice-Attempt": String(context.attempt) };
  const sent = outgoingHeaders(headers, etag === null ? own : { ...own, "If-None-Match": etag }, undefined);
  if (!sent.has("accept")) sent.set("Accept", "application/json");
  const first = { method: "GET", url: target, headers: sent, body: undefined, credentials: Object.keys(headers) };
  return exchange(target.host, PAGE_MS, context.signal, async (signal) => {
    const { response, url } = await fetchFollowing(first, allowLoopback, signal);
    if (etag !== null && response.status === 304) return null;
    if (!response.ok) {
      requireSuccess(await captureResponse(response), response.headers.get("retry-after"), url.host);
    }
    const body = await readJsonBody(response, MOST_PAGE_BYTES, url.host);
    return { url, body, etag: response.headers.get("etag"), link: response.headers.get("link") };
  });
}
