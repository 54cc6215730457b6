const DOCS = "https://developers.cloudflare.com";

/** Where each figure of the simulation comes from, with a header: for docs/scale.md. */
export const SOURCES: readonly (readonly string[])[] = [
  ["what", "taken", "why", "source"],
  [
    "a D1 write",
    "3 ms",
    "one query at a time; a write takes “several milliseconds”, as it is stored in several places",
    `${DOCS}/d1/platform/limits/`,
  ],
  [
    "each row of it",
    "0.02 ms",
    "assumed: 80 µs a job; the local runtime carries 22,000 jobs a second through everything, 45 µs each",
    "measured locally",
  ],
  ["to D1 and back", "5 ms", "assumed: gate, consumers and database in one region", "–"],
  [
    "a call to a gate",
    "1.5 ms",
    "500–750 requests a second with moderate work, soft limit 1,000",
    `${DOCS}/durable-objects/best-practices/rules-of-durable-objects/ ${DOCS}/durable-objects/platform/limits/`,
  ],
  ["a settle", "1 ms", "simple work: about 1,000 requests a second", "as above"],
  [
    "a send to the Queue",
    "60 ms",
    "the median; a gate sends one at a time, and answers before",
    "https://blog.cloudflare.com/how-we-built-cloudflare-queues/",
  ],
  [
    "the Queue",
    "5,000 messages/s, 250 consumers",
    "a message goes to a free consumer at once; batches form when none is free",
    `${DOCS}/queues/platform/limits/`,
  ],
  ["rows of a job", "2 + 1 + 1, and 2 more after waiting for room", "counted", "[cost.md](cost.md)"],
  ["a job", "50 ms on average", "assumed, exponentially distributed; 1 KB of payload", "–"],
  [
    "limits",
    "100 jobs in flight a tenant, 2,000 rows a write, 20 jobs a message, 50 messages a batch, 6 jobs at a time",
    "Sluice's defaults",
    "[operations.md](operations.md)",
  ],
];
