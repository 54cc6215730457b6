let lastTime = 0;
let sequence = 0;

/**
 * A new job id: a UUIDv7 whose `rand_a` counts within a millisecond, so that ids made here one after the other are in
 * order (RFC 9562 §5.7, §6.2 method 1). Beyond 4,096 in a millisecond it goes on in the next.
 * @param now milliseconds since the epoch
 */
export function newJobId(now = Date.now()): string {
  sequence = now > lastTime ? 0 : sequence + 1;
  lastTime = Math.max(now, lastTime);
  if (sequence > 0xfff) {
    sequence = 0;
    lastTime++;
  }
  const time = lastTime.toString(16).padStart(12, "0");
  const counter = sequence.toString(16).padStart(3, "0");
  // Its variant and its 62 last random bits are in the same places in both versions.
  const random = crypto.randomUUID().slice(19);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${random}`;
}
