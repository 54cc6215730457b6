import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { THIS_PROJECT } from "../scripts/this-project.ts";
import { bundleWorker } from "../scripts/worker-bundle.ts";
import { prepareState } from "../src/cli/local-state.ts";
/**
 * Starts a Worker's production bundle with the bindings of this project's wrangler.toml, and everything durable on disk.
 * @throws CliError when the bundle or the database cannot be made
 */
export async function startRuntime(options) {
    const { stateDir, main, tenants, vars = {} } = options;
    const keys = await prepareState(THIS_PROJECT, stateDir, tenants);
    const bundle = await bundleWorker(stateDir, main);
    const { workerOptions } = unstable_getMiniflareWorkerOptions(THIS_PROJECT.config);
    const converted = convertV4MiniflareOptions({
        workers: [
            {
                ...workerOptions,
                modules: await modulesOf(bundle),
                bindings: { ...workerOptions.bindings, ...vars },
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
async function modulesOf(bundle) {
    const directory = dirname(bundle);
    const files = await readdir(directory);
    const names = [basename(bundle), ...files.filter((name) => name.endsWith(".wasm"))];
    return Promise.all(names.map(async (path) => ({
        type: path.endsWith(".wasm") ? "CompiledWasm" : "ESModule",
        path,
        contents: await readFile(join(directory, path)),
    })));
}
