import { cp, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");
/** An empty directory with nothing but what is installed in it. */
export async function emptyProject() {
  const dir = await mkdtemp(join(tmpdir(), "sluice-cli-"));
  await symlink(join(REPOSITORY, "node_modules"), join(dir, "node_modules"));
  return dir;
}
/** A Worker project of a team's own: what this repository has for one, in a directory that nobody edits. */
export async function workerProject() {
  const dir = await emptyProject();
  for (const part of ["wrangler.toml", "migrations", "src"]) {
    await cp(join(REPOSITORY, part), join(dir, part), { recursive: true });
  }
  return dir;
}
