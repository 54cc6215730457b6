import { fileURLToPath } from "node:url";
import { readProject } from "../src/cli/worker-project.ts";
/** This repository, as a Worker project. */
export const THIS_PROJECT = readProject(fileURLToPath(new URL("../wrangler.toml", import.meta.url)));
