import type { Command } from "commander";
import type { JobView } from "../../protocol/job-view.ts";
import { usageError } from "../cli-error.ts";
import { connect, type GlobalOptions } from "../connection.ts";
import { type DebugOptions, openDebugger } from "../debugger.ts";
import { EXIT } from "../exit-code.ts";
import { jobDetails } from "../job-details.ts";
import { runLocally } from "../local-run.ts";
import { wholeNumber } from "../option-parsers.ts";
import { printable } from "../printable.ts";
import { colors, printJson } from "../terminal.ts";
import { readProject } from "../worker-project.ts";

interface RunOptions extends GlobalOptions {
  readonly inspect?: number | true;
  readonly inspectBrk?: number | true;
  readonly config?: string;
}

/** Where Node listens, too. */
const INSPECTOR_PORT = 9_229;

const port = wholeNumber(1, 65_535);

/** `sluice run <id> --local`: what a job did, once more, by the code that is here. */
export function addRun(program: Command): void {
  program
    .command("run")
    .description("run a job's payload once on this machine, by this project's code, in a state that is thrown away")
    .argument("<id>", "the job's id, of any deployment")
    .requiredOption("--local", "on this machine, with this project's wrangler; nothing of the deployment changes")
    .option("--inspect [port]", `a debugger can attach (default: ${INSPECTOR_PORT})`, port)
    .option("--inspect-brk [port]", "the same, and the job runs once one has attached", port)
    .option("--config <file>", "wrangler's configuration (default: as wrangler finds it)")
    .addHelpText("after", AFTER_HELP)
    .action((id: string, _: RunOptions, command: Command) => run(id, command));
}

const AFTER_HELP = `
Ends with 0 when the handler has succeeded, and with 1 when it has failed. What the handler itself calls over the
network is really called. Neither the job nor anything else of the deployment is changed.`;

async function run(id: string, command: Command): Promise<void> {
  const options = command.optsWithGlobals<RunOptions>();
  const debug = debugOptions(options);
  const project = readProject(options.config);
  const connection = await connect(command);
  const job = await connection.jobs.get(id);
  if (!options.json) {
    console.error(`job ${id} (${printable(job.type)}) runs on this machine, in a state that is thrown away:`);
    console.error(`nothing at ${connection.url} changes; what the handler calls by itself is really called`);
  }
  const attached = debug === null ? null : await openDebugger(debug);
  try {
    const ended = await runLocally(project, job, connection, attached);
    if (options.json) printJson(ended);
    else console.log(runText(ended));
    process.exitCode = ended.state === "succeeded" ? EXIT.done : EXIT.error;
  } finally {
    attached?.close();
  }
}

function debugOptions({ inspect, inspectBrk }: RunOptions): DebugOptions | null {
  if (inspect !== undefined && inspectBrk !== undefined) throw usageError("give --inspect or --inspect-brk, not both");
  const wanted = inspect ?? inspectBrk;
  if (wanted === undefined) return null;
  return { port: wanted === true ? INSPECTOR_PORT : wanted, waits: inspectBrk !== undefined };
}

function runText(job: JobView): string {
  const stacks = job.errors.flatMap(({ stack }) => (stack === undefined ? [] : [printable(stack)]));
  return [jobDetails(job), ...stacks.map((stack) => `${colors.dim("stack")}\n${indented(stack)}`)].join("\n\n");
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
