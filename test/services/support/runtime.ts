import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { inject } from "vitest";
import { workerOptions } from "../../../bench/miniflare-worker.ts";
import { createClient } from "../../../src/client/client.ts";
import type { JobTypes } from "../../../src/protocol/jobs-api.ts";
import { sha256 } from "../../../src/protocol/sha256.ts";
import { projectOf } from "./build.ts";

/** Before RPC has kept the fields of errors. */
const LEGACY_DATE = "2025-06-01";

type Options = Awaited<ReturnType<typeof workerOptions>> & {
  readonly name?: string;
  readonly compatibilityDate?: string;
};

/** The Workers of an account, as `build.ts` has built them. */
export class Account {
  readonly #dir: string;
  readonly queue: Options;
  readonly team: Options;

  private constructor(dir: string, queue: Options, team: Options) {
    this.#dir = dir;
    this.queue = { ...queue, name: "queue" };
    this.team = { ...team, name: "team" };
  }

  static async open(): Promise<Account> {
    const { queue, team } = inject("bundles");
    const dir = await mkdtemp(join(tmpdir(), "sluice-account-"));
    const options = (name: string, bundle: string) => workerOptions({ project: projectOf(name), bundle });
    return new Account(dir, await options("queue", queue), await options("team", team));
  }

  /** The same code as the team's, in a Worker of an older compatibility date. */
  get legacy(): Options {
    return { ...this.team, name: "legacy", compatibilityDate: LEGACY_DATE };
  }

  /** Starts Workers in one runtime; those that are not in it are looked for in the other runtimes of this account. */
  async start(...workers: readonly Options[]): Promise<Miniflare> {
    const shared = { host: "127.0.0.1", port: 0, unsafeDevRegistryPath: join(this.#dir, "registry") };
    const miniflare = new Miniflare(convertV4MiniflareOptions({ workers: [...workers], ...shared }));
    await miniflare.ready;
    return miniflare;
  }

  async remove(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** The HTTP API of the Worker with Sluice, as one of the tenants that {@link migrate} has made. */
export async function clientOf(miniflare: Miniflare, tenantId: string) {
  const { fetch } = await miniflare.getWorker("queue");
  const send = async (request: Request) => {
    const { url, method, headers } = request;
    const body = method === "GET" ? null : await request.text();
    return (await fetch(url, { method, headers: Object.fromEntries(headers), body })) as unknown as Response;
  };
  return createClient<JobTypes>({ url: "http://queue", key: keyOf(tenantId), fetch: send });
}

function keyOf(tenantId: string): string {
  return `slk_${tenantId}_${"0123456789".repeat(4)}`;
}

/** Makes the tables, and these tenants. */
export async function migrate(
  miniflare: Miniflare,
  tenants: readonly { readonly id: string; readonly burst?: number }[],
): Promise<void> {
  const db = await miniflare.getD1Database("DB", "queue");
  for (const { queries } of await readD1Migrations("./migrations")) {
    await db.batch(queries.map((query) => db.prepare(query)));
  }
  const insert = "INSERT INTO tenants (id, name, rate, burst, created_at) VALUES (?1, ?1, ?2, ?2, 0)";
  await db.batch(tenants.map(({ id, burst = null }) => db.prepare(insert).bind(id, burst)));
  const insertKey = "INSERT INTO api_keys (hash, tenant_id, name, created_at) VALUES (?1, ?2, 'test', 0)";
  const hashes = await Promise.all(tenants.map(({ id }) => sha256(keyOf(id))));
  await db.batch(tenants.map(({ id }, index) => db.prepare(insertKey).bind(hashes[index], id)));
}
