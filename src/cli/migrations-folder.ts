import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { CliError } from "./cli-error.ts";

/** What a wrangler configuration says of a D1 database. */
export interface D1Config {
  readonly binding: string;
  readonly migrations_dir?: string | undefined;
  readonly migrations_pattern?: string | undefined;
  readonly migrations_table?: string | undefined;
}

/** Where wrangler looks when the configuration does not say. */
const WRANGLERS_DEFAULT = "migrations";
/** Where it notes which it has applied. */
export const WRANGLERS_TABLE = "d1_migrations";
/** This package's own, beside its `src` or `dist`. */
const OWN = join(import.meta.dirname, "..", "..", "migrations");

/**
 * Where wrangler will find migrations. They are named in the project's configuration and nowhere else, so that
 * `wrangler d1 migrations apply` does the same by hand as this program.
 * @param config the configuration's path
 * @returns the folder whose files they are, by their names; null when the configuration says it another way
 * @throws CliError that says what to write there, when there are none
 */
export function findMigrations(config: string, database: D1Config): string | null {
  const { migrations_dir: dir, migrations_pattern: pattern, migrations_table: table = WRANGLERS_TABLE } = database;
  const folder = resolve(dirname(config), dir ?? WRANGLERS_DEFAULT);
  if (pattern !== undefined) return null;
  if (holdsSql(folder)) return table === WRANGLERS_TABLE ? folder : null;
  const why =
    dir === undefined ? "does not say where the migrations are" : `has migrations_dir = "${dir}", which holds none`;
  throw new CliError("no_migrations", `${basename(config)} ${why}: add ${migrationsEntry(config)} to its D1 database`);
}

/** The entry that names this package's migrations. */
export function migrationsEntry(config: string): string {
  const path = relative(dirname(config), installedAt(config) ?? OWN)
    .split(sep)
    .join("/");
  return extname(config) === ".toml" ? `migrations_dir = "${path}"` : `"migrations_dir": "${path}"`;
}

function holdsSql(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((file) => file.endsWith(".sql"));
}

// By the path that stays: a package manager may keep the package itself in a directory named after its version.
function installedAt(config: string): string | undefined {
  const folders = createRequire(config).resolve.paths("sluice") ?? [];
  return folders.map((folder) => join(folder, "sluice", "migrations")).find(existsSync);
}
