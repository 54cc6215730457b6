const VERSION_00 = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
// A later version may have more fields, which nobody here knows how to pass on.
const LATER = /^(?!00|ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-.*)?$/;

/** A `traceparent` header as version 00 (W3C Trace Context §3.2), or null when it is none: it is then ignored, as the standard asks. */
export function readTraceParent(header: string | undefined): string | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (VERSION_00.test(text)) return text;
  const later = LATER.exec(text)?.[1];
  return later === undefined ? null : `00-${later}`;
}

/** The same trace, with a span of its own: what is sent on. @param spanId 16 hex digits, not all zero */
export function childTraceParent(traceParent: string, spanId: string): string {
  return `${traceParent.slice(0, 36)}${spanId}${traceParent.slice(52)}`;
}

/** The trace's id, which all of its spans share. */
export function traceIdOf(traceParent: string): string {
  return traceParent.slice(3, 35);
}
