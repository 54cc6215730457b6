import { z } from "zod";

const MOST_HEADERS = 50;
const LONGEST_NAME = 128;
const LONGEST_VALUE = 4_096;

// RFC 9110 §5.6.2 and §5.5.
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

// They belong to the connection (RFC 9110 §7.6.1), or follow from the rest of the request.
const FORBIDDEN = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "sluice-attempt",
  "sluice-job-id",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that a caller gives: at most 50, with names of 128 and values of 4,096 characters. */
export const requestHeadersSchema = z.record(z.string(), z.string()).superRefine((headers, context) => {
  const names = Object.keys(headers);
  if (names.length > MOST_HEADERS) {
    context.addIssue({ code: "custom", message: `more than ${MOST_HEADERS} headers` });
    return;
  }
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const message = nameProblem(name, seen) ?? valueProblem(value);
    if (message !== undefined) context.addIssue({ code: "custom", message, path: [name] });
    seen.add(name.toLowerCase());
  }
});

function nameProblem(name: string, seen: ReadonlySet<string>): string | undefined {
  if (name.length > LONGEST_NAME) return `the header's name is longer than ${LONGEST_NAME} characters`;
  if (!NAME.test(name)) return "not a header name";
  if (FORBIDDEN.has(name.toLowerCase())) return "this header cannot be set";
  return seen.has(name.toLowerCase()) ? "this header is given twice" : undefined;
}

function valueProblem(value: string): string | undefined {
  if (value.length > LONGEST_VALUE) return `the header's value is longer than ${LONGEST_VALUE} characters`;
  return VALUE.test(value) ? undefined : "not a header value";
}

/** Says which of a caller's headers a signed request cannot have: all that begin with `webhook-` are the signature's. */
export function refuseSignatureHeaders(headers: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const name of Object.keys(headers).filter((name) => name.toLowerCase().startsWith("webhook-"))) {
    const message = "this header cannot be set together with sign, which sets the webhook- headers itself";
    context.addIssue({ code: "custom", message, path: ["headers", name] });
  }
}

/** The headers that go out: the caller's, Sluice's own, and defaults for `User-Agent` and the body's `Content-Type`. */
export function outgoingHeaders(
  given: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
  contentType: string | undefined,
): Headers {
  const headers = new Headers(given);
  if (!headers.has("user-agent")) headers.set("User-Agent", "Sluice");
  if (contentType !== undefined && !headers.has("content-type")) headers.set("Content-Type", contentType);
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  return headers;
}
