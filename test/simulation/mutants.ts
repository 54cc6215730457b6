import { spawn } from "node:child_process";
import { registerHooks } from "node:module";
import { MUTATIONS, type Mutation } from "./mutations.ts";

/**
 * Takes out one guard at a time, in memory, and counts the histories until one finds it out. What no history finds within
 * the given number is said to be so.
 *
 * `node test/simulation/mutants.ts [histories] [name]`; the seed is `SLUICE_SEED`, 1 without.
 */
const [most = "2000", only] = process.argv.slice(2);
const seed = Number(process.env["SLUICE_SEED"] ?? 1);
const CHILD = "SLUICE_MUTATION";

const child = process.env[CHILD];
if (child === undefined) {
  for (const { name } of MUTATIONS.filter(({ name }) => only === undefined || name.includes(only))) {
    await new Promise((resolve) => {
      const env = { ...process.env, [CHILD]: name };
      spawn(process.execPath, [import.meta.filename, most], { env, stdio: "inherit" }).on("close", resolve);
    });
  }
} else {
  const mutation = MUTATIONS.find(({ name }) => name === child);
  if (mutation === undefined) throw new Error(`there is no mutation ${child}`);
  apply(mutation);
  await findOut(mutation);
}

function apply({ file, from, to }: Mutation): void {
  const platform = new URL("./cloudflare-workers.ts", import.meta.url).href;
  let isApplied = false;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "cloudflare:workers" ? { url: platform, shortCircuit: true } : next(specifier, context),
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!url.endsWith(file)) return loaded;
      const { source: read = "" } = loaded;
      const source = typeof read === "string" ? read : new TextDecoder().decode(read);
      if (!source.includes(from)) throw new Error(`${file} no longer says ${from}`);
      isApplied = true;
      return { ...loaded, source: source.replace(from, to) };
    },
  });
  process.on("exit", () => {
    if (!isApplied) console.log(`${file} was not loaded`);
  });
}

async function findOut({ name }: Mutation): Promise<void> {
  const { histories, MIXES } = await import("./histories.ts");
  const { live } = await import("./live.ts");
  const fc = await import("fast-check");
  const mixes = Object.keys(MIXES) as (keyof typeof MIXES)[];
  const each = Math.ceil(Number(most) / mixes.length);
  const { log } = console;
  Object.assign(console, { info: nothing, warn: nothing, error: nothing });
  const samples = mixes.map((mix) => fc.sample(histories(mix), { numRuns: each, seed }));
  for (let number = 0; number < each; number++) {
    for (const [index, mix] of mixes.entries()) {
      const [actions, chance] = samples[index]?.[number] ?? [[], 0];
      try {
        await live(actions, chance);
      } catch (error) {
        log(`${name} | ${mix} | ${number * mixes.length + index + 1} | ${firstLine(error)}`);
        process.exit(0);
      }
    }
  }
  log(`${name} | not found within ${each * mixes.length} histories`);
}

// What does not hold stands in the difference to nothing, each on a line of its own.
function firstLine(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split("\n");
  return (lines.find((line) => /^\+ {3}'/.test(line)) ?? lines[0] ?? "").replace(/^\+\s*/, "");
}

function nothing(): void {}
