import type { RateStatus } from "../protocol/gate.ts";

/** The rate limit as response headers (draft-ietf-httpapi-ratelimit-headers-10). */
export function rateHeaders({ rate, burst, remaining }: RateStatus): Record<string, string> {
  const seconds = (tokens: number) => Math.max(1, Math.ceil(tokens / rate));
  return {
    "RateLimit-Policy": `"enqueue";q=${burst};w=${seconds(burst)}`,
    RateLimit: `"enqueue";r=${remaining};t=${seconds(burst - remaining)}`,
  };
}
