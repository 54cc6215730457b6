import { env } from "cloudflare:workers";
import { z } from "zod";
import { feedFanout } from "../../src/handlers/feed-fanout.ts";
import { reportCsv } from "../../src/handlers/report-csv.ts";
import { SYNC_PAGES_TABLE, syncPull } from "../../src/handlers/sync-pull.ts";
import { createSluice, defineHandler } from "../../src/sluice.ts";

export { TenantGate } from "../../src/gate/tenant-gate.ts";

/** "host:port" of what the test serves. */
const { APP_API } = env as unknown as { readonly APP_API: string };

// Leases of jobs whose Worker was killed end in seconds.
const timeout = "4s";
const retry = { maxAttempts: 25, base: "50ms", cap: "200ms" } as const;

const delivery = z.object({ feed: z.string(), post: z.string(), followers: z.array(z.string()) });

const handlers = [
  syncPull({
    type: "sync.items",
    timeout,
    retry,
    url: () => `http://${APP_API}/items`,
    body: z.object({ data: z.array(z.object({ id: z.int(), name: z.string() })), next: z.string().nullable() }),
    items: ({ data }) => data,
    next: "link",
    database: (env) => env.DB,
    upsert: (items, db) => [
      db
        .prepare(
          `INSERT INTO app_items (id, name, writes) SELECT value->>'id', value->>'name', 1 FROM json_each(?) WHERE true
           ON CONFLICT DO UPDATE SET name = excluded.name, writes = writes + 1`,
        )
        .bind(JSON.stringify(items)),
    ],
  }),
  feedFanout({
    type: "feed.fanout",
    timeout,
    retry,
    followersPerJob: 2,
    followers: async (env, { feed, after, limit }) => {
      // Tells the test, which may hold it here.
      await (await fetch(`http://${APP_API}/followers/${after ?? ""}`)).text();
      const { results } = await env.DB.prepare(
        "SELECT follower FROM app_follows WHERE feed = ? AND follower > ? ORDER BY follower LIMIT ?",
      )
        .bind(feed, after ?? "", limit)
        .all<{ follower: string }>();
      return results.map(({ follower }) => follower);
    },
    deliver: "feed.deliver",
    onComplete: "feed.delivered",
  }),
  defineHandler({
    type: "feed.deliver",
    timeout,
    retry,
    input: delivery,
    run: async ({ post, followers }) => {
      const { DB } = env;
      const insert =
        "INSERT INTO app_inbox (post, follower) SELECT ?1, value FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING";
      await DB.prepare(insert).bind(post, JSON.stringify(followers)).run();
    },
  }),
  defineHandler({
    type: "feed.delivered",
    timeout,
    input: z.unknown(),
    run: (part, { previous }) => ({ part, previous }),
  }),
  defineHandler({
    type: "app.sql",
    timeout,
    retry: { maxAttempts: 1 },
    input: z.object({ sql: z.array(z.string()), values: z.array(z.string()).default([]) }),
    run: async ({ sql, values }) => {
      const results = await env.DB.batch(sql.map((one) => env.DB.prepare(one).bind(...values)));
      return results.at(-1)?.results ?? [];
    },
  }),
  defineHandler({ type: "app.tables", timeout, input: z.unknown(), run: () => SYNC_PAGES_TABLE }),
  { ...reportCsv, timeoutMs: 10_000 },
];

export default createSluice({ handlers });
