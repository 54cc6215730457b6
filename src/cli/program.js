import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { addCancel } from "./commands/cancel.ts";
import { addDev } from "./commands/dev.ts";
import { addEnqueue } from "./commands/enqueue.ts";
import { addInit } from "./commands/init.ts";
import { addJob } from "./commands/job.ts";
import { addJobs } from "./commands/jobs.ts";
import { addWatch } from "./commands/watch.ts";
import { EXIT } from "./exit-code.ts";
import { reportError } from "./report-error.ts";

const AFTER_HELP = `
Exit codes:
  0    done
  1    the API refused, or something went wrong
  2    wrong usage: nothing was sent
  3    a job that was waited for ended failed or cancelled
  4    not finished within the wait
  5    the API could not be reached, or stayed unavailable
  130  Ctrl-C

Examples:
  sluice dev
  sluice enqueue http.request '{"url":"https://example.com"}' --wait
  sluice jobs --state failed,cancelled
  sluice enqueue report @report.json --json | jq -r .id | xargs sluice watch`;
/** Runs one command line, reports what goes wrong, and sets the exit code. */
export async function run(argv) {
  const program = createProgram();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    // Asked of the arguments as they are: those that are wrong have not been parsed.
    process.exitCode = exitOfHelp(error) ?? reportError(error, { json: argv.includes("--json") });
  }
}
// Help and the version are printed by now, and thrown to stop there. Help that was not asked for is an error.
function exitOfHelp(error) {
  if (!(error instanceof CommanderError && /^commander\.(help|version)/.test(error.code))) return null;
  return error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
function createProgram() {
  const { version } = createRequire(import.meta.url)("../../package.json");
  const program = new Command("sluice")
    .description("Runs Sluice, a job queue on Cloudflare Workers, and works with its jobs.")
    .version(version)
    .option("--url <url>", "where Sluice is (default: $SLUICE_URL, else http://127.0.0.1:8787)")
    .option("--key <key>", "an API key (default: $SLUICE_KEY, else on this machine the one that `sluice dev` keeps)")
    .option("--json", "for scripts: JSON, one object to a line, errors too")
    .configureHelp({ showGlobalOptions: true })
    // What is wrong is reported once, by `run`.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText("after", AFTER_HELP);
  for (const add of [addDev, addInit, addEnqueue, addJobs, addJob, addWatch, addCancel]) add(program);
  return program;
}
