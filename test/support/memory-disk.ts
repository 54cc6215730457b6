import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** Linux keeps what is written here in memory. */
const IN_MEMORY = "/dev/shm";
const NEEDED_BYTES = 1_000_000_000;

/**
 * Has all temporary files of this process and of those that it starts be in memory, where there is room for them: the
 * local databases wait for the disk at each commit, which nothing here tests.
 */
export function keepTemporaryFilesInMemory(): void {
  if (roomIn(IN_MEMORY) < NEEDED_BYTES) return;
  const dir = mkdtempSync(join(IN_MEMORY, "sluice-test-"));
  process.env["TMPDIR"] = dir;
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
}

function roomIn(dir: string): number {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    // Other systems have no such directory.
    return 0;
  }
}
