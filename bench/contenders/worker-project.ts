import { join } from "node:path";
import { THIS_PROJECT } from "../../scripts/this-project.ts";
import { bundleWorker } from "../../scripts/worker-bundle.ts";
import { applyMigrations } from "../../src/cli/d1.ts";
import type { WorkerProject } from "../../src/cli/worker-project.ts";
import type { RunningContender } from "../contender.ts";
import { FINISHED_PATH } from "../finish-log.ts";
import { startWorker } from "../miniflare-worker.ts";

/** Starts a Worker that is kept in `bench/workers`, on Miniflare as Sluice is. */
export async function startProject(name: string, stateDir: string, hasDatabase: boolean): Promise<RunningContender> {
  const dir = join(import.meta.dirname, "..", "workers", name);
  const project: WorkerProject = {
    dir,
    config: join(dir, "wrangler.toml"),
    wrangler: THIS_PROJECT.wrangler,
    migrations: null,
  };
  if (hasDatabase) await applyMigrations({ project, stateDir });
  const bundle = await bundleWorker(stateDir, "index.ts", project);
  const { url, miniflare } = await startWorker({ project, bundle, stateDir });
  return { url, finishedUrl: url + FINISHED_PATH, stop: () => miniflare.dispose() };
}
