import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");
/** The command line's entry point. */
export const SLUICE = join(REPOSITORY, "src", "cli", "sluice.ts");
/** Makes a process begin in a third of the time. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(REPOSITORY, "node_modules", ".cache", "sluice-cli") };
/** Runs `sluice` with these arguments, and without anybody's environment, to its end. */
export function sluice(args, surroundings) {
  return start(args, surroundings).ended;
}
export function start(args, { cwd, env = {}, stdin = "" }) {
  const { PATH = "", HOME = "" } = process.env;
  // A CI's environment must not bring colours.
  const child = spawn(process.execPath, [SLUICE, ...args], {
    cwd,
    env: { PATH, HOME, CI: "1", ...COMPILE_CACHE, ...env },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8").on("data", (chunk) => (output[name] += chunk));
  }
  child.stdin.on("error", () => {}).end(stdin);
  return {
    ended: once(child, "close").then(([code, signal]) => ({ code, signal, ...output })),
    async printed(text) {
      while (!output.stdout.includes(text)) await once(child.stdout, "data");
    },
    kill: (signal) => void child.kill(signal),
    closeOutput: () => void child.stdout.destroy(),
  };
}
/** The JSON objects that were printed, one to a line. */
export function jsonLines(text) {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
