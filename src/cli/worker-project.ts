import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { CliError } from "./cli-error.ts";
import { type D1Config, findMigrations } from "./migrations-folder.ts";

/** The D1 database that Sluice works on, by its binding. */
export const DATABASE = "DB";

/** A Worker that runs Sluice: a team's own, or this repository. */
export interface WorkerProject {
  /** Where the configuration is: wrangler keeps its local state below it. */
  readonly dir: string;
  /** The path of its wrangler.toml, wrangler.json or wrangler.jsonc. */
  readonly config: string;
  /** The path of the program of the wrangler that it has installed. */
  readonly wrangler: string;
  /** The folder of its migrations, each a file; null when wrangler alone knows which they are. */
  readonly migrations: string | null;
}

/** What is used of wrangler's own reader: it knows all three formats, and where it looks for them. */
interface ConfigReader {
  unstable_readConfig(
    args: { readonly config?: string },
    options: { readonly hideWarnings: boolean },
  ): { readonly configPath?: string; readonly d1_databases: readonly D1Config[] };
}

/**
 * The project in the current directory, or in one above it, as wrangler looks for it.
 * @param config the path of its configuration instead
 * @throws CliError when wrangler is not installed there, or the configuration has nothing that Sluice could run on
 */
export function readProject(config?: string): WorkerProject {
  if (config !== undefined && !existsSync(config)) throw new CliError("no_config", `there is no ${config}`);
  const near = createRequire(config === undefined ? join(process.cwd(), "package.json") : resolve(config));
  const wrangler = findWrangler(near);
  const { path, databases } = readConfig(near("wrangler") as ConfigReader, config);
  const database = databases.find(({ binding }) => binding === DATABASE);
  if (database === undefined) {
    const missing = `${basename(path)} has no D1 database with the binding ${DATABASE}`;
    throw new CliError("no_database", `${missing}: add ${databaseEntry(path)}`);
  }
  return { dir: dirname(path), config: path, wrangler, migrations: findMigrations(path, database) };
}

/** Where wrangler keeps what it runs with on this machine, and `sluice dev` its keys. */
export function localStateDir({ dir }: WorkerProject): string {
  return join(dir, ".wrangler", "state");
}

function findWrangler(near: NodeJS.Require): string {
  try {
    return join(dirname(near.resolve("wrangler/package.json")), "bin", "wrangler.js");
  } catch (cause) {
    const advice = "npm install --save-dev wrangler";
    throw new CliError("no_wrangler", `wrangler is not installed in this project: ${advice}`, undefined, { cause });
  }
}

function readConfig(
  reader: ConfigReader,
  config: string | undefined,
): { path: string; databases: readonly D1Config[] } {
  try {
    const read = reader.unstable_readConfig(config === undefined ? {} : { config }, { hideWarnings: true });
    if (read.configPath !== undefined) return { path: resolve(read.configPath), databases: read.d1_databases };
  } catch (cause) {
    const says = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("bad_config", `${config ?? "wrangler's configuration"} cannot be read: ${says}`, undefined, {
      cause,
    });
  }
  const wanted = "wrangler.toml, wrangler.json or wrangler.jsonc";
  throw new CliError(
    "no_config",
    `there is no ${wanted} here: run this in the Worker's project, or name it with --config`,
  );
}

function databaseEntry(config: string): string {
  return extname(config) === ".toml"
    ? `[[d1_databases]] with binding = "${DATABASE}"`
    : `"d1_databases": [{ "binding": "${DATABASE}" }]`;
}
