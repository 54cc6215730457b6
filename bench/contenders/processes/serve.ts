import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { FINISHED_PATH, type FinishReport } from "../../finish-log.ts";
import { httpFront, type JobStore } from "../../http-front.ts";

/** What a contender's program can be started as. */
export interface Roles {
  /** Resolves when jobs can be added. */
  readonly api: (database: string, variant: string) => Promise<JobStore>;
  /** Resolves when jobs are run; what it returns tells of those that have finished. */
  readonly worker: (database: string, variant: string) => Promise<(query: FinishQuery) => Promise<FinishReport>>;
}

export interface FinishQuery {
  /** Empties the latencies. */
  readonly take: boolean;
  /** So many jobs have been acknowledged: whoever asks waits for them. */
  readonly expected: number;
}

/** Starts a program in the role that its arguments name, and tells whoever started it where it is. */
export async function play({ api, worker }: Roles): Promise<void> {
  const [role, database = "", variant = ""] = process.argv.slice(2);
  // Whoever started this ends it.
  process.on("SIGINT", () => {}).on("disconnect", () => process.exit());
  if (!process.connected) process.exit();
  if (role === "api") {
    const store = await api(database, variant);
    listen(httpFront(() => store).fetch);
  } else {
    const report = await worker(database, variant);
    const app = new Hono();
    app.get(FINISHED_PATH, async (c) => {
      const { take, expected = 0 } = c.req.query();
      return c.json(await report({ take: take !== undefined, expected: Number(expected) }));
    });
    listen(app.fetch);
  }
}

function listen(fetch: (request: Request) => Response | Promise<Response>): void {
  serve({ fetch, hostname: "127.0.0.1", port: 0 }, ({ port }: AddressInfo) =>
    process.send?.(`http://127.0.0.1:${port}`),
  );
}
