import { execFile } from "node:child_process";
import { promisify, stripVTControlCharacters } from "node:util";
import { CliError } from "./cli-error.ts";
import { ON_TERMINAL } from "./terminal.ts";

/** A command of wrangler's that has not ended by then has hung. */
const TIMEOUT_MS = 300000;
const MOST_OUTPUT_BYTES = 10000000;
/** Characters of its output that are told when it fails. */
const MOST_TOLD = 4000;
const run = promisify(execFile);
/** The command line of wrangler, in the Node that runs this: `node_modules/.bin/wrangler` may find one too old. */
export function wranglerCommand(project, ...args) {
  // The configuration is named, since it would otherwise be looked for beside a script that is given.
  return [process.execPath, project.wrangler, ...args, "--config", project.config];
}
/** Wrangler's environment: it asks nothing, and reports nothing over the network. */
export function wranglerEnv() {
  return {
    ...process.env,
    CI: "1",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_WRITE_LOGS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    // It takes `CI` for a terminal with colours.
    ...(!ON_TERMINAL && { NO_COLOR: "1" }),
  };
}
/**
 * Runs one wrangler command to its end.
 * @returns what it has printed
 * @throws CliError with what it printed, when it fails
 */
export async function runWrangler(project, ...args) {
  const [program, ...rest] = wranglerCommand(project, ...args);
  const options = { cwd: project.dir, env: wranglerEnv(), timeout: TIMEOUT_MS, maxBuffer: MOST_OUTPUT_BYTES };
  try {
    const running = run(program, rest, options);
    running.child.stdin?.end();
    return (await running).stdout;
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause;
    const says = stripVTControlCharacters(errorIn(stdout) ?? `${stderr}${stdout}`).trim();
    const what = `wrangler ${args.slice(0, 3).join(" ")} has failed`;
    const told = says === "" ? what : `${what}: ${says.slice(-MOST_TOLD)}`;
    throw new CliError("wrangler", told, undefined, { cause });
  }
}
// With `--json`, an error is printed as JSON too.
function errorIn(stdout) {
  try {
    return JSON.parse(stdout).error?.text;
  } catch {
    return undefined;
  }
}
