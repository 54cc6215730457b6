/** What responses may carry beside their body. */
export const RESPONSE_HEADERS = {
  "Accept-Ranges": { description: "Parts of the blob can be asked for.", example: "bytes" },
  "Content-Range": { description: "Which part of the blob this is.", example: "bytes 0-99/1234" },
  ETag: {
    description: "Ask again with it in `If-None-Match`: 304 when nothing has changed.",
    example: '"5d41402abc4b"',
  },
  "Idempotent-Replayed": {
    description:
      "The id or idempotency key was known: this is the job of the request that came first, as it is by now.",
    example: "true",
  },
  Location: {
    description: "Where what was made is found.",
    example: "https://sluice.acme.workers.dev/v1/jobs/01a05a2e-5c00-7000-8000-000000000001",
  },
  "Preference-Applied": { description: "The wait that was granted.", example: "wait=5" },
  RateLimit: {
    description: "What is left of the tenant's rate: jobs, and seconds until all of it is there again.",
    example: '"enqueue";r=1999;t=1',
  },
  "RateLimit-Policy": {
    description: "Jobs at once, and the seconds in which they come back.",
    example: '"enqueue";q=2000;w=2',
  },
  "Request-Id": {
    description: "Of this request, or as the caller sent it.",
    example: "6f1b3c52-6f0a-4d5b-9a59-2f2f0f6a7c11",
  },
  "Retry-After": { description: "Seconds after which the same request may pass.", example: "2" },
  "Sluice-Bookmark": {
    description: "Sent with a read, it sees what this response tells of, from whichever replica.",
    example: "00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683",
  },
  "WWW-Authenticate": {
    description: "What is lacking (RFC 6750).",
    example: 'Bearer realm="sluice", error="invalid_token"',
  },
} as const;

export type HeaderName = keyof typeof RESPONSE_HEADERS;
