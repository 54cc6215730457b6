import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import type { WorkerProject } from "../src/cli/worker-project.ts";

/** A Worker that can be started, again and again, on what it left on disk. */
export interface BuiltWorker {
  /** Whose wrangler.toml says what it is bound to. */
  readonly project: WorkerProject;
  /** As `bundleWorker` has made it. */
  readonly bundle: string;
  /** Where the runtime keeps the database and all else that is durable. */
  readonly stateDir: string;
  readonly vars?: Readonly<Record<string, string>>;
}

export interface RunningWorker {
  readonly url: string;
  readonly miniflare: Miniflare;
}

/** Starts a production bundle on Miniflare, without wrangler's proxy, which would cost most of the throughput. */
export async function startWorker({ stateDir, ...built }: BuiltWorker): Promise<RunningWorker> {
  const converted = convertV4MiniflareOptions({ workers: [await workerOptions(built)], host: "127.0.0.1", port: 0 });
  const miniflare = new Miniflare({ ...converted, resourcePersistencePath: join(stateDir, "v3") });
  return { url: (await miniflare.ready).origin, miniflare };
}

/** What Miniflare is told of one Worker. */
export async function workerOptions({ project, bundle, vars = {} }: Omit<BuiltWorker, "stateDir">) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(project.config);
  const bindings = { ...(workerOptions.bindings as object), ...vars };
  return { ...workerOptions, modules: await modulesOf(bundle), bindings };
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
