import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's directory: wrangler finds its configuration there. */
export const PROJECT_DIR = fileURLToPath(new URL("..", import.meta.url));

const PROGRAM = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");

/** The command line of wrangler, in the Node that runs this: `node_modules/.bin/wrangler` may find one too old. */
export function wranglerCommand(...args: string[]): [program: string, ...args: string[]] {
  // Named, since it would otherwise be looked for beside a script that is given.
  return [process.execPath, PROGRAM, ...args, "--config", join(PROJECT_DIR, "wrangler.toml")];
}

/** Wrangler's environment: it asks nothing, and neither reports nor fetches anything over the network. */
export function wranglerEnv(stateDir: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CI: "1",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_WRITE_LOGS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    // Runtimes that run side by side do not find each other.
    WRANGLER_REGISTRY_PATH: join(stateDir, "registry"),
  };
}

/**
 * Runs one wrangler command to its end.
 * @throws Error with what it printed, when it fails
 */
export async function runWrangler(stateDir: string, ...args: string[]): Promise<void> {
  const [program, ...rest] = wranglerCommand(...args);
  const child = spawn(program, rest, {
    cwd: PROJECT_DIR,
    env: wranglerEnv(stateDir),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`wrangler ${args.join(" ")} ended with ${code}:\n${output.join("")}`);
}
