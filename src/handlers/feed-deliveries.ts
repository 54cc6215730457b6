import type { z } from "zod";
import { FatalError } from "../domain/outcome.ts";
import { utf8Bytes } from "../domain/utf8-bytes.ts";

/** What a job that delivers gets. */
export interface Delivery {
  readonly feed: string;
  readonly post: z.core.util.JSONType;
  readonly followers: readonly string[];
}

/** Of the 1 MB that one attempt may enqueue; the rest is for the job that goes on. */
const MOST_BYTES = 900_000;
const LONGEST_ID = 200;

/**
 * Deliveries to the first of these followers: as many as fit into what one attempt may enqueue.
 * @throws FatalError when not even one fits
 */
export function deliveriesOf(
  { feed, post }: Pick<Delivery, "feed" | "post">,
  followers: readonly string[],
  perJob: number,
): Delivery[] {
  const long = followers.find((id) => id.length > LONGEST_ID);
  if (long !== undefined) throw new FatalError(`a follower's id has more than ${LONGEST_ID} characters: ${long}`);
  const deliveries: Delivery[] = [];
  // The job that goes on has the post too.
  let bytes = utf8Bytes(JSON.stringify({ feed, post }));
  for (let from = 0; from < followers.length; from += perJob) {
    const delivery = { feed, post, followers: followers.slice(from, from + perJob) };
    bytes += utf8Bytes(JSON.stringify(delivery));
    if (bytes > MOST_BYTES) break;
    deliveries.push(delivery);
  }
  if (followers.length === 0 || deliveries.length > 0) return deliveries;
  throw new FatalError(
    `a delivery has more than ${MOST_BYTES / 2} bytes: post an id, and let deliveries read the rest`,
  );
}
