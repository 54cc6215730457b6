import { FatalError } from "../domain/outcome.ts";
import { checkTarget } from "../outgoing/target-guard.ts";

const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
// They vouch to the receiver for the sender and for this very body. Another origin could show them, with the body, to
// any receiver that trusts the same secret; without the body they vouch for nothing.
const SIGNATURE = ["webhook-id", "webhook-timestamp", "webhook-signature"];
const CREDENTIALS = ["authorization", "cookie", ...SIGNATURE];
const BODY_HEADERS = ["content-encoding", "content-language", "content-location", "content-type", ...SIGNATURE];

/** One request of an exchange. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string | undefined;
  /** Names of headers that no other origin may see, besides those that none ever may. */
  readonly credentials?: readonly string[];
}

/**
 * Fetches, and follows at most five redirects as the Fetch standard does (HTTP-redirect fetch). Each address is
 * checked before it is called, since a public host may redirect to a private one.
 * @param first Its URL has passed the guard.
 * @returns The last response and its URL.
 * @throws FatalError for a redirect that is refused, or one too many; what `fetch` throws.
 */
export async function fetchFollowing(
  first: Hop,
  allowLoopback: readonly string[],
  signal: AbortSignal,
): Promise<{ response: Response; url: URL }> {
  let hop = first;
  for (let followed = 0; ; followed++) {
    const { method, url, headers, body = null } = hop;
    // A job asks its target, never a cache in between.
    const response = await fetch(url, { method, headers, body, signal, redirect: "manual", cache: "no-store" });
    const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
    if (location === null) return { response, url };
    await response.body?.cancel().catch(() => {});
    if (followed === MOST_REDIRECTS)
      throw new FatalError(`${first.url.host} led to more than ${MOST_REDIRECTS} redirects`);
    hop = nextHop(hop, response.status, location, allowLoopback);
  }
}

function nextHop(hop: Hop, status: number, location: string, allowLoopback: readonly string[]): Hop {
  const url = redirectTarget(hop.url, location, allowLoopback);
  const headers = new Headers(hop.headers);
  if (url.origin !== hop.url.origin)
    for (const name of [...CREDENTIALS, ...(hop.credentials ?? [])]) headers.delete(name);
  if (!becomesGet(hop.method, status)) return { ...hop, url, headers };
  for (const name of BODY_HEADERS) headers.delete(name);
  return { ...hop, method: "GET", url, headers, body: undefined };
}

function redirectTarget(from: URL, location: string, allowLoopback: readonly string[]): URL {
  const url = URL.parse(location, from.href);
  if (url === null) throw new FatalError(`${from.host} redirects to what is no URL`);
  try {
    return checkTarget(url, allowLoopback);
  } catch (refused) {
    if (!(refused instanceof FatalError)) throw refused;
    throw new FatalError(`${from.host} redirects: ${refused.message}`);
  }
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return method === "POST" && (status === 301 || status === 302);
}
