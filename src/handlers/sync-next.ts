import { FatalError } from "../domain/outcome.ts";
import { checkTarget } from "../outgoing/target-guard.ts";

/** How one page of an API names the next. */
export type NextPage<Body> =
  /** By a `Link` header with `rel="next"` (RFC 8288). */
  | "link"
  /** By a cursor in its body, which the next request has as a parameter. Without a cursor, it is the last. */
  | { readonly parameter: string; readonly cursor: (body: Body) => string | number | null | undefined }
  /** By its number, which is a parameter; the first is the URL's, or 1. A page without items is the last. */
  | { readonly page: string };

/** A page that was asked for, and what came. */
export interface AnsweredPage<Body> {
  readonly url: URL;
  readonly link: string | null;
  readonly body: Body;
  readonly items: number;
}

// RFC 8288 §3: a target, and parameters with or without quotes.
const LINK = /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i;

/**
 * The address of the page after this one; null when there is none.
 * @param allowLoopback As in `checkTarget`.
 * @throws FatalError when it would be the same page again, of another origin, or what the guard refuses
 */
export function nextPage<Body>(
  next: NextPage<Body>,
  page: AnsweredPage<Body>,
  allowLoopback: readonly string[],
): URL | null {
  const url = addressOf(next, page);
  if (url === null) return null;
  if (url.href === page.url.href) throw new FatalError(`${page.url.host} names the same page as its next one`);
  requireOrigin(url, page.url.origin);
  return checkTarget(url, allowLoopback);
}

/** @throws FatalError for an address of another origin: requests carry what only this one may see */
export function requireOrigin(url: URL, origin: string): void {
  if (url.origin === origin) return;
  throw new FatalError(`a page of ${url.origin} is refused: the others are of ${origin}`);
}

function addressOf<Body>(next: NextPage<Body>, page: AnsweredPage<Body>): URL | null {
  if (next === "link") {
    const target = nextLink(page.link);
    return target === null ? null : URL.parse(target, page.url.href);
  }
  if ("cursor" in next) return withParameter(page.url, next.parameter, next.cursor(page.body) ?? null);
  const number = Number(page.url.searchParams.get(next.page) ?? 1);
  return withParameter(page.url, next.page, page.items === 0 ? null : number + 1);
}

function withParameter(url: URL, name: string, value: string | number | null): URL | null {
  if (value === null || value === "") return null;
  const next = new URL(url);
  next.searchParams.set(name, String(value));
  return next;
}

function nextLink(header: string | null): string | null {
  for (const [, target = "", parameters = ""] of (header ?? "").matchAll(LINK)) {
    const [, quoted, plain = ""] = REL.exec(parameters) ?? [];
    if ((quoted ?? plain).toLowerCase().split(/\s+/).includes("next")) return target;
  }
  return null;
}
