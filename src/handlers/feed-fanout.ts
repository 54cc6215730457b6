import { env } from "cloudflare:workers";
import { z } from "zod";
import type { Child } from "../domain/child-job.ts";
import { defineHandler, type Handler, type HandlerDefinition } from "../domain/handler.ts";
import { FatalError } from "../domain/outcome.ts";
import { type Delivery, deliveriesOf } from "./feed-deliveries.ts";

export type { Delivery } from "./feed-deliveries.ts";

/** Jobs that one attempt enqueues at most, without the one that goes on. */
const MOST_DELIVERIES = 999;
const MOST_FOLLOWERS = 10_000;

const count = z.int().min(0);
const input = z.strictObject({
  /** Whose followers. */
  feed: z.string().min(1).max(200),
  /** What they get: better its id than all of it, since each delivery has a copy. */
  post: z.json(),
  /** Where the job before it has stopped, and what it has counted. */
  from: z.strictObject({ after: z.string(), part: z.int().min(1), followers: count }).optional(),
});

/** What a source of followers is asked. */
export interface FollowersAsked {
  readonly tenantId: string;
  readonly feed: string;
  /** The last one that was given; null at the start. */
  readonly after: string | null;
  readonly limit: number;
}

export interface FeedFanoutDefinition<Type extends string>
  extends Pick<HandlerDefinition<Type, typeof input, FannedOut>, "type" | "timeout" | "retry" | "perBatch"> {
  /** The ids of the followers after that one, always in the same order, at most `limit`; all there are when fewer come. */
  followers: (env: Cloudflare.Env, asked: FollowersAsked) => Promise<readonly string[]>;
  /** The type of the jobs that deliver: their payload is a `Delivery`. */
  deliver: string | Handler<string, Delivery>;
  /** How many followers each of them has, 1 to 1,000. Default 100. */
  followersPerJob?: number;
  /** The queue that deliveries wait in. Default: `default`. */
  queue?: string;
  /** The type of the job that runs once the deliveries of a part have ended: its payload is a `FanoutPart`. */
  onComplete?: string | Handler<string, FanoutPart>;
}

/** The deliveries of one job: a part of all, or all of them. */
export interface FanoutPart {
  readonly feed: string;
  readonly post: z.output<typeof input>["post"];
  /** 1 for the first. */
  readonly part: number;
  /** There are no further parts. */
  readonly isLast: boolean;
}

/** What a fan-out leaves as its result. */
export interface FannedOut {
  /** With those of the parts before it. */
  readonly followers: number;
  readonly part: number;
  /** Of this part's deliveries; null without any. */
  readonly groupId: string | null;
  /** The job that makes the next part; null when this is the last. */
  readonly nextJobId: string | null;
}

/**
 * A job type that has one post delivered to all followers of a feed, by jobs that are stored with its own success: an
 * attempt that fails has delivered nothing, and one that succeeds is not made again.
 * @throws RangeError when an option is out of its range
 */
export function feedFanout<Type extends string>(
  definition: FeedFanoutDefinition<Type>,
): Handler<Type, z.input<typeof input>, FannedOut> {
  const { type, followers, deliver, followersPerJob = 100, queue, onComplete, ...rest } = definition;
  if (!(Number.isInteger(followersPerJob) && followersPerJob >= 1 && followersPerJob <= 1_000)) {
    throw new RangeError(`${type}: followersPerJob must be a whole number from 1 to 1000`);
  }
  const limit = Math.min(MOST_FOLLOWERS, MOST_DELIVERIES * followersPerJob);
  return defineHandler({
    ...rest,
    type,
    input,
    run: async ({ feed, post, from }, { tenantId, enqueue, enqueueMany }): Promise<FannedOut> => {
      const { after, part, followers: before } = from ?? { after: null, part: 1, followers: 0 };
      // One more than is used: whether anybody follows on this part is known before it is stored.
      const asked = { tenantId, feed, after, limit: limit + 1 };
      const read = await followers(env, asked);
      const ids = [...new Set(read)];
      if (after !== null && ids.includes(after)) throw new FatalError(`the followers after "${after}" begin before it`);
      const deliveries = deliveriesOf({ feed, post }, ids.slice(0, limit), followersPerJob);
      const used = deliveries.reduce((sum, { followers }) => sum + followers.length, 0);
      const [last, isLast] = [ids[used - 1], used === ids.length && read.length <= limit];
      const counted = { followers: before + used, part };
      const completed = onComplete && { type: typeOf(onComplete), payload: { feed, post, part, isLast } };
      // A group has members: without any, nothing would complete it.
      if (deliveries.length === 0 && completed) await enqueue(completed.type, completed.payload);
      const jobs = deliveries.map((payload): Child => ({ type: typeOf(deliver), payload, ...(queue && { queue }) }));
      const name = `${type} ${part}`;
      const { groupId } = await enqueueMany(jobs, { group: { name, ...(completed && { onComplete: completed }) } });
      if (isLast || last === undefined) return { ...counted, groupId, nextJobId: null };
      const next = { feed, post, from: { after: last, part: part + 1, followers: counted.followers } };
      return { ...counted, groupId, nextJobId: await enqueue(type, next) };
    },
  });
}

function typeOf(handler: string | { readonly type: string }): string {
  return typeof handler === "string" ? handler : handler.type;
}
