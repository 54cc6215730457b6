import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";

const CONTENDERS = join(import.meta.dirname, "contenders");

/**
 * Installs the contenders' libraries and the load generator, unless they are there.
 * @throws Error when npm fails
 */
export async function installContenders(): Promise<void> {
  const lock = join(CONTENDERS, "package-lock.json");
  const installed = join(CONTENDERS, "node_modules", ".package-lock.json");
  if (existsSync(installed) && (await stat(installed)).mtimeMs >= (await stat(lock)).mtimeMs) return;
  console.log("installing the contenders' libraries (npm ci in bench/contenders)");
  const npm = spawn("npm", ["ci", "--no-fund", "--no-audit"], { cwd: CONTENDERS, stdio: "inherit" });
  const code = await new Promise((resolve, reject) => npm.once("error", reject).once("exit", resolve));
  if (code !== 0) throw new Error(`npm ci in ${CONTENDERS} has failed`);
}
