import { createRequire } from "node:module";
import { Command, CommanderError, Help, type Option } from "commander";
import { addAlerts } from "./commands/alerts.ts";
import { addBlobs } from "./commands/blobs.ts";
import { addCancel } from "./commands/cancel.ts";
import { addDev } from "./commands/dev.ts";
import { addDisabledReceivers } from "./commands/disabled-receivers.ts";
import { addEndpoints } from "./commands/endpoints.ts";
import { addEnqueue } from "./commands/enqueue.ts";
import { addGroups } from "./commands/groups.ts";
import { addInit } from "./commands/init.ts";
import { addJob } from "./commands/job.ts";
import { addJobs } from "./commands/jobs.ts";
import { addKeys } from "./commands/keys.ts";
import { addPlans } from "./commands/plans.ts";
import { addQueues } from "./commands/queues.ts";
import { addReplay } from "./commands/replay.ts";
import { addRun } from "./commands/run.ts";
import { addSchedules } from "./commands/schedules.ts";
import { addSigningSecrets } from "./commands/signing-secrets.ts";
import { addStats } from "./commands/stats.ts";
import { addTenants } from "./commands/tenants.ts";
import { addWatch } from "./commands/watch.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { reportError } from "./report-error.ts";

const AFTER_HELP = `
Exit codes:
  0    done
  1    the API refused, or something went wrong; of run, the handler has failed
  2    wrong usage: nothing was sent
  3    a job that was waited for ended failed or cancelled
  4    not finished within the wait
  5    the API could not be reached, or stayed unavailable
  130  Ctrl-C

Examples:
  sluice dev
  sluice enqueue http.request '{"url":"https://example.com"}' --wait
  sluice jobs --state failed,cancelled
  sluice enqueue report @report.json --json | jq -r .id | xargs sluice watch
  sluice run 01a1fdd3-4502-7000-95a2-6b76d83edf69 --local --inspect-brk
  sluice replays run --type report --created-after 2h
  sluice queues set mail --concurrency 5 --rate 100/1m`;

/** As the help groups them. */
const COMMANDS: Readonly<Record<string, readonly ((program: Command) => void)[]>> = {
  "This machine, and a deployment:": [addDev, addInit, addRun],
  "Jobs:": [addEnqueue, addJobs, addJob, addWatch, addCancel, addReplay, addPlans, addGroups, addBlobs, addStats],
  "A tenant's settings:": [
    addQueues,
    addSchedules,
    addEndpoints,
    addAlerts,
    addSigningSecrets,
    addDisabledReceivers,
    addKeys,
  ],
  "The operator:": [addTenants],
};

/** Runs one command line, reports what goes wrong, and sets the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = createProgram();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    // Asked of the arguments as they are: those that are wrong have not been parsed.
    process.exitCode = exitOfHelp(error) ?? reportError(error, { json: argv.includes("--json") });
  }
}

// Help and the version are printed by now, and thrown to stop there. Help that was not asked for is an error.
function exitOfHelp(error: unknown): ExitCode | null {
  if (!(error instanceof CommanderError && /^commander\.(help|version)/.test(error.code))) return null;
  return error.exitCode === 0 ? EXIT.done : EXIT.usage;
}

// Which options a command cannot do without is otherwise said only to who has left one out.
function describeOption(option: Option): string {
  const described = new Help().optionDescription(option);
  return option.mandatory ? `${described} (required)` : described;
}

function createProgram(): Command {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const program = new Command("sluice")
    .description("Runs Sluice, a job queue on Cloudflare Workers, and works with its jobs and settings.")
    .version(version)
    .option("--url <url>", "where Sluice is (default: $SLUICE_URL, else http://127.0.0.1:8787)")
    .option("--key <key>", "an API key (default: $SLUICE_KEY, else on this machine the one that `sluice dev` keeps)")
    .option("--json", "for scripts: JSON, one object to a line, errors too")
    .configureHelp({ showGlobalOptions: true, optionDescription: describeOption })
    // What is wrong is reported once, by `run`.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText("after", AFTER_HELP);
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const add of commands) add(program);
  }
  return program;
}
