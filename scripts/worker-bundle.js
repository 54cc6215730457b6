import { basename, extname, join } from "node:path";
import { runWrangler } from "../src/cli/wrangler.ts";
import { THIS_PROJECT } from "./this-project.ts";
/**
 * Bundles the Worker as a deployment would, into the state directory: a runtime that is given the bundle stays as it
 * is while its sources are edited.
 * @param main the entry point
 * @returns the bundle's path
 */
export async function bundleWorker(stateDir, main = "src/index.ts") {
    const directory = join(stateDir, "bundle");
    await runWrangler(THIS_PROJECT, "deploy", main, "--dry-run", "--outdir", directory);
    return join(directory, `${basename(main, extname(main))}.js`);
}
