import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { THIS_PROJECT } from "../../../scripts/this-project.ts";
import { bundleWorker } from "../../../scripts/worker-bundle.ts";
import type { WorkerProject } from "../../../src/cli/worker-project.ts";

const FIXTURES = fileURLToPath(new URL("../../support/services", import.meta.url));

declare module "vitest" {
  export interface ProvidedContext {
    /** The paths of the Workers' bundles. */
    bundles: { readonly queue: string; readonly team: string };
  }
}

/** Builds the Workers once for all files, as a deployment would. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-services-"));
  const built = (name: string) => bundleWorker(join(dir, name), join(FIXTURES, `${name}.ts`), projectOf(name));
  const [queue, team] = await Promise.all([built("queue"), built("team")]);
  project.provide("bundles", { queue, team });
  return () => rm(dir, { recursive: true, force: true });
}

/** One of the Workers in test/support/services. */
export function projectOf(name: string): WorkerProject {
  return { ...THIS_PROJECT, dir: FIXTURES, config: join(FIXTURES, `${name}.toml`) };
}
