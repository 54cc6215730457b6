/** No answer delays a job longer: 24 hours. */
const LONGEST_MS = 86_400_000;

// The three forms of an HTTP-date (RFC 9110 §5.6.7): IMF-fixdate, RFC 850, asctime.
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w :-]+$/;

/**
 * The delay in milliseconds that a `Retry-After` header names (RFC 9110 §10.2.3): seconds, or an HTTP-date. At most
 * 24 h. Undefined when it names none, or one that is over: the job's own backoff then keeps tries apart.
 * @param now In milliseconds since 1970.
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : dateMs(header) - now;
  return ms > 0 ? Math.min(ms, LONGEST_MS) : undefined;
}

// `Date.parse` takes much that is no HTTP-date ("-5" is a day in 2001), and asctime for local time.
function dateMs(header: string): number {
  if (!HTTP_DATE.test(header)) return Number.NaN;
  return Date.parse(header.endsWith("GMT") ? header : `${header} GMT`);
}
