import { accessSync, constants, globSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where Debian keeps the programs of PostgreSQL that are not in the path. */
const POSTGRES_PROGRAMS = "/usr/lib/postgresql/*/bin";

/** The path of an installed program, or null. */
export function findProgram(name: string): string | null {
  const versions = globSync(POSTGRES_PROGRAMS).toSorted((a, b) => version(b) - version(a));
  const directories = [...versions, ...(process.env["PATH"] ?? "").split(delimiter)];
  return directories.map((directory) => join(directory, name)).find(isProgram) ?? null;
}

function version(path: string): number {
  return Number(/\/(\d+)\//.exec(path)?.[1] ?? 0);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
