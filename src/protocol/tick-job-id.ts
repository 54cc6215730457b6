/**
 * The id of the job of one tick: always the same, so that there is one job per tick, whoever inserts it and however
 * often. A UUIDv7 whose time is the tick's, and the rest of it from a hash (RFC 9562 §5.7).
 * @param tick milliseconds since the epoch
 */
export async function tickJobId(tenantId: string, schedule: string, tick: number): Promise<string> {
  const named = new TextEncoder().encode(JSON.stringify([tenantId, schedule, tick]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", named)).slice(0, 10);
  hash[2] = ((hash[2] ?? 0) & 0x3f) | 0x80;
  const rest = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const time = tick.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(1, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
}
