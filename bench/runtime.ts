import type { Miniflare } from "miniflare";
import { THIS_PROJECT } from "../scripts/this-project.ts";
import { bundleWorker } from "../scripts/worker-bundle.ts";
import { prepareState } from "../src/cli/local-state.ts";
import type { TenantRow } from "../src/cli/tenant-rows.ts";
import { type BuiltWorker, startWorker } from "./miniflare-worker.ts";

export interface RuntimeOptions<Id extends string> {
  /** An empty directory: for the database, and what else the runtime keeps. */
  readonly stateDir: string;
  /** The Worker's entry point. */
  readonly main: string;
  readonly tenants: readonly (TenantRow & { readonly id: Id })[];
  /** Settings, see `src/config.ts`. */
  readonly vars?: Readonly<Record<string, string>>;
}

/** A Worker on Miniflare, without wrangler's proxy, which would cost most of the throughput. */
export interface Runtime<Id extends string> {
  readonly url: string;
  readonly keys: Readonly<Record<Id, string>>;
  readonly miniflare: Miniflare;
  /** What it was started from, to start it again once it was stopped. */
  readonly built: BuiltWorker;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a Worker's production bundle with the bindings of this project's wrangler.toml, and everything durable on disk.
 * @throws CliError when the bundle or the database cannot be made
 */
export async function startRuntime<Id extends string>(options: RuntimeOptions<Id>): Promise<Runtime<Id>> {
  const { stateDir, main, tenants, vars = {} } = options;
  const keys = await prepareState(THIS_PROJECT, stateDir, tenants);
  const built = { project: THIS_PROJECT, bundle: await bundleWorker(stateDir, main), stateDir, vars };
  const { url, miniflare } = await startWorker(built);
  return { url, keys, miniflare, built, stop: () => miniflare.dispose() };
}
