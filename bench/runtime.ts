import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { THIS_PROJECT } from "../scripts/this-project.ts";
import { bundleWorker } from "../scripts/worker-bundle.ts";
import { prepareState } from "../src/cli/local-state.ts";
import type { TenantRow } from "../src/cli/tenant-rows.ts";

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
  stop(): Promise<void>;
}

/**
 * Starts a Worker's production bundle with the bindings of this project's wrangler.toml, and everything durable on disk.
 * @throws CliError when the bundle or the database cannot be made
 */
export async function startRuntime<Id extends string>(options: RuntimeOptions<Id>): Promise<Runtime<Id>> {
  const { stateDir, main, tenants, vars = {} } = options;
  const keys = await prepareState(THIS_PROJECT, stateDir, tenants);
  const bundle = await bundleWorker(stateDir, main);
  const { workerOptions } = unstable_getMiniflareWorkerOptions(THIS_PROJECT.config);
  const converted = convertV4MiniflareOptions({
    workers: [
      {
        ...workerOptions,
        modules: await modulesOf(bundle),
        bindings: { ...(workerOptions.bindings as object), ...vars },
      },
    ],
    host: "127.0.0.1",
    port: 0,
  });
  const miniflare = new Miniflare({ ...converted, resourcePersistencePath: join(stateDir, "v3") });
  const url = (await miniflare.ready).origin;
  return { url, keys, miniflare, stop: () => miniflare.dispose() };
}

// The entry point first, and what it loads beside it.
async function modulesOf(bundle: string) {
  const directory = dirname(bundle);
  const files = await readdir(directory);
  const names = [basename(bundle), ...files.filter((name) => name.endsWith(".wasm"))];
  return Promise.all(
    names.map(async (path) => ({
      type: path.endsWith(".wasm") ? ("CompiledWasm" as const) : ("ESModule" as const),
      path,
      contents: await readFile(join(directory, path)),
    })),
  );
}
