import { cp, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");

/** An empty directory with nothing but what is installed in it. */
export async function emptyProject(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-cli-"));
  await symlink(join(REPOSITORY, "node_modules"), join(dir, "node_modules"));
  return dir;
}

/** The handler that a {@link workerProject} has beside this repository's. */
export const ORDER_HANDLER = join("src", "handlers", "order.ts");

/** A handler with a mistake in its line 17, which says how far it is and then waits for whom the payload names. */
const BROKEN_ORDER = `import { z } from "zod";
import { defineHandler } from "../domain/handler.ts";

export const order = defineHandler({
  type: "order",
  input: z.object({ lines: z.array(z.string()), waitsFor: z.url().optional(), list: z.object({ blob: z.string() }).optional() }),
  run: async ({ lines, waitsFor, list }, { blobs, progress }) => {
    progress(0.25, "counting lines");
    if (waitsFor !== undefined) await (await fetch(waitsFor)).text();
    const more = list === undefined ? [] : (await new Response((await blobs.get(list)).body).text()).split(" ");
    console.log("lines:", lines.length + more.length);
    return { counted: counted([...lines, ...more]) };
  },
});

function counted(lines: readonly string[]): number {
  if (lines.length > 2) throw new TypeError("more than 2 lines");
  return lines.length;
}
`;

/** The same, mended. */
export const MENDED_ORDER = BROKEN_ORDER.replace("lines.length > 2", "lines.length > 20");

/** A Worker project of a team's own: what this repository has for one, in a directory that nobody edits. */
export async function workerProject(): Promise<string> {
  const dir = await emptyProject();
  for (const part of ["wrangler.toml", "src", "migrations"]) {
    await cp(join(REPOSITORY, part), join(dir, part), { recursive: true });
  }
  await writeFile(join(dir, ORDER_HANDLER), BROKEN_ORDER);
  const list = join(dir, "src", "handlers.ts");
  const handlers = (await readFile(list, "utf8")).replace("handlers = [", "handlers = [order, ");
  await writeFile(list, `import { order } from "./handlers/order.ts";\n${handlers}`);
  return dir;
}
