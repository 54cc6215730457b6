import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Child, GroupOptions } from "../../src/domain/child-job.ts";
import {
  type Delivery,
  type FannedOut,
  type FeedFanoutDefinition,
  feedFanout,
} from "../../src/handlers/feed-fanout.ts";
import { runHandler } from "../../src/testing/run-handler.ts";

type Definition = FeedFanoutDefinition<"feed.fanout">;

const names = (feed: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${feed}-${String(index).padStart(6, "0")}`);

const fanout = (more: Partial<Definition> = {}) =>
  feedFanout({
    type: "feed.fanout",
    followers: async (env, { tenantId, feed, after, limit }) => {
      const { results } = await env.DB.prepare(
        "SELECT follower FROM follows WHERE tenant_id = ?1 AND feed = ?2 AND follower > ?3 ORDER BY follower LIMIT ?4",
      )
        .bind(tenantId, feed, after ?? "", limit)
        .all<{ follower: string }>();
      return results.map(({ follower }) => follower);
    },
    deliver: "feed.deliver",
    onComplete: "feed.delivered",
    ...more,
  });

/** What one job has enqueued. */
interface Part {
  readonly result: FannedOut;
  readonly deliveries: readonly Delivery[];
  readonly onComplete: unknown;
  readonly next: Child | undefined;
  /** As the limits of an attempt count it. */
  readonly jobs: number;
  readonly bytes: number;
}

async function runPart(handler: ReturnType<typeof fanout>, payload: unknown): Promise<Part> {
  const children: Child[] = [];
  const groups = new Set<GroupOptions | null>();
  const outcome = await runHandler(handler, payload as never, {
    tenantId: "fan",
    enqueued: (child, group) => {
      children.push(child);
      groups.add(group);
    },
  });
  if (outcome.kind !== "succeeded") throw new Error(JSON.stringify(outcome));
  const deliveries = children.filter(({ type }) => type === "feed.deliver").map(({ payload }) => payload as Delivery);
  return {
    result: outcome.result as FannedOut,
    deliveries,
    onComplete: [...groups].find((group) => group?.onComplete)?.onComplete ?? children.find(isCompletion),
    next: children.find(({ type }) => type === "feed.fanout"),
    jobs: children.length,
    bytes: children.reduce((sum, { payload }) => sum + new TextEncoder().encode(JSON.stringify(payload)).length, 0),
  };
}

const isCompletion = ({ type }: Child) => type === "feed.delivered";

async function runAll(handler: ReturnType<typeof fanout>, payload: unknown): Promise<Part[]> {
  const parts = [await runPart(handler, payload)];
  for (let next = parts[0]?.next; next !== undefined; next = parts.at(-1)?.next) {
    parts.push(await runPart(handler, next.payload));
  }
  return parts;
}

const reached = (parts: readonly Part[]) =>
  parts.flatMap(({ deliveries }) => deliveries).flatMap(({ followers }) => followers);

beforeAll(async () => {
  await env.DB.prepare(
    "CREATE TABLE follows (tenant_id TEXT, feed TEXT, follower TEXT, PRIMARY KEY (tenant_id, feed, follower)) STRICT",
  ).run();
  const insert = env.DB.prepare("INSERT INTO follows SELECT 'fan', ?1, value FROM json_each(?2)");
  const feeds = Object.entries({ few: 7, many: 5_000, exact: 999, all: 23_456 });
  await env.DB.batch(feeds.map(([feed, count]) => insert.bind(feed, JSON.stringify(names(feed, count)))));
});

describe("a post", () => {
  it("reaches a few followers by one delivery, and is complete after it", async () => {
    const post = { id: 7 };
    const part = await runPart(fanout({ queue: "bulk" }), { feed: "few", post });
    expect(part.deliveries).toEqual([{ feed: "few", post, followers: names("few", 7) }]);
    expect(part.result).toEqual({ followers: 7, part: 1, groupId: expect.any(String), nextJobId: null });
    expect(part.onComplete).toEqual({ type: "feed.delivered", payload: { feed: "few", post, part: 1, isLast: true } });
  });

  it.each([
    ["many", 5_000, 1, 6],
    ["many", 5_000, 100, 1],
    ["exact", 999, 1, 1],
    ["all", 23_456, 100, 3],
    ["all", 23_456, 7, 4],
  ])(
    "reaches each follower of %s (%i, %i to a delivery) exactly once, in %i parts",
    async (feed, count, size, parts) => {
      const made = await runAll(fanout({ followersPerJob: size }), { feed, post: "p1" });
      expect(reached(made)).toEqual(names(feed, count));
      expect(made).toHaveLength(parts);
      expect(made.at(-1)!.result).toMatchObject({ followers: count, part: parts, nextJobId: null });
      expect(made.map(({ onComplete }) => (onComplete as Child).payload)).toEqual(
        made.map((_, index) => ({ feed, post: "p1", part: index + 1, isLast: index === parts - 1 })),
      );
      for (const { jobs } of made) expect(jobs).toBeLessThanOrEqual(1_000);
    },
  );

  it("that is large goes in more parts, none of which has more than an attempt may enqueue", async () => {
    const post = "ä".repeat(5_000);
    const made = await runAll(fanout({ followersPerJob: 10 }), { feed: "many", post });
    expect(reached(made)).toEqual(names("many", 5_000));
    expect(made.length).toBeGreaterThan(5);
    for (const { bytes } of made) expect(bytes).toBeLessThan(1_000_000);
  });

  it("without followers is complete at once", async () => {
    const part = await runPart(fanout(), { feed: "nobody", post: 1 });
    expect(part.result).toEqual({ followers: 0, part: 1, groupId: null, nextJobId: null });
    expect(part.onComplete).toMatchObject({ payload: { feed: "nobody", part: 1, isLast: true } });
    expect(part.jobs).toBe(1);
  });

  it("reaches each follower once whom its source names twice, and those after them", async () => {
    const rows = names("x", 1_500).flatMap((name) => [name, name]);
    const source: Definition["followers"] = async (_, { after, limit }) =>
      rows.filter((name) => after === null || name > after).slice(0, limit);
    const made = await runAll(fanout({ followers: source, followersPerJob: 1 }), { feed: "x", post: 1 });
    expect(reached(made)).toEqual(names("x", 1_500));
  });

  it("has the same parts whenever one is tried again", async () => {
    const from = { after: names("many", 1_000).at(-1), part: 2, followers: 1_000 };
    const [once, again] = [
      await runPart(fanout(), { feed: "many", post: 1, from }),
      await runPart(fanout(), { feed: "many", post: 1, from }),
    ];
    expect(again.deliveries).toEqual(once.deliveries);
    expect(reached([once])).toEqual(names("many", 5_000).slice(1_000));
  });
});

describe("a fan-out", () => {
  const failure = async (more: Partial<Definition>, payload: object) => {
    const outcome = await runHandler(fanout(more), payload as never, { tenantId: "fan" });
    if (outcome.kind !== "failed") throw new Error(JSON.stringify(outcome));
    return outcome.error.message;
  };

  it("is given up when not one delivery fits", async () => {
    const message = "a delivery has more than 450000 bytes: post an id, and let deliveries read the rest";
    expect(await failure({}, { feed: "few", post: "x".repeat(450_001) })).toBe(message);
  });

  it("is given up when its source does not go on", async () => {
    const from = { after: "b", part: 2, followers: 2 };
    const message = 'the followers after "b" begin before it';
    expect(await failure({ followers: async () => ["a", "b"] }, { feed: "x", post: 1, from })).toBe(message);
  });

  it("is given up for an id that is none", async () => {
    expect(await failure({ followers: async () => ["x".repeat(201)] }, { feed: "x", post: 1 })).toContain(
      "a follower's id has more than 200 characters",
    );
  });

  it.each([0, 1.5, 1_001])("cannot have %d followers to a delivery", (followersPerJob) => {
    expect(() => fanout({ followersPerJob })).toThrow("followersPerJob must be a whole number from 1 to 1000");
  });
});
