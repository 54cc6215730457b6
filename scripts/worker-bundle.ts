import { basename, extname, join } from "node:path";
import type { WorkerProject } from "../src/cli/worker-project.ts";
import { runWrangler } from "../src/cli/wrangler.ts";
import { THIS_PROJECT } from "./this-project.ts";

/**
 * Bundles the Worker as a deployment would, into the state directory: a runtime that is given the bundle stays as it
 * is while its sources are edited.
 * @param main the entry point, from the project's directory
 * @returns the bundle's path
 */
export async function bundleWorker(
  stateDir: string,
  main = "src/index.ts",
  project: WorkerProject = THIS_PROJECT,
): Promise<string> {
  const directory = join(stateDir, "bundle");
  await runWrangler(project, "deploy", main, "--dry-run", "--outdir", directory);
  return join(directory, `${basename(main, extname(main))}.js`);
}
