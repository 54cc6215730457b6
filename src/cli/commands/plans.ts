import { setTimeout as pause } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { PlansClient } from "../../client/client.ts";
import type { NewPlanView, PlanView } from "../../protocol/plan-view.ts";
import { CliError } from "../cli-error.ts";
import { assertAskable, confirm } from "../confirm.ts";
import { type Connection, connect, type GlobalOptions } from "../connection.ts";
import { EXIT } from "../exit-code.ts";
import { type Show, showItem, showItems } from "../item-view.ts";
import { anyNumber, momentAgo } from "../option-parsers.ts";
import { newPlanText, PLAN, plannedText } from "../plan-view.ts";
import { addResource } from "../resource.ts";
import { printJson } from "../terminal.ts";
import { WAIT_OPTION, type Wait, waitSeconds } from "../wait-option.ts";

interface FilterOptions {
  readonly state?: string;
  readonly type?: string;
  readonly queue?: string;
  readonly error?: string;
  readonly createdAfter?: string;
  readonly createdBefore?: string;
}

interface PaceOptions {
  readonly perSecond?: number;
}

interface RunOptions extends FilterOptions, PaceOptions {
  readonly yes?: boolean;
  readonly wait?: Wait;
}

type Plans = PlansClient<object>;

interface Action {
  readonly name: string;
  /** What it does to a job: "replay". */
  readonly verb: string;
  readonly states: readonly string[];
  readonly fallback: string;
  readonly of: (connection: Connection) => Plans;
}

const ACTIONS: readonly Action[] = [
  {
    name: "replays",
    verb: "replay",
    states: ["failed", "cancelled"],
    fallback: "failed",
    of: ({ replays }) => replays,
  },
  {
    name: "cancellations",
    verb: "cancel",
    states: ["scheduled", "queued", "retrying", "running"],
    fallback: "all of them",
    of: ({ cancellations }) => cancellations,
  },
];

const LOOK_MS = 1_000;

const showPlan = showItem(PLAN);
const showNewPlan: Show<NewPlanView> = (plan, { json }) => {
  if (json) printJson(plan);
  else console.log(newPlanText(plan));
};

/** `sluice replays` and `sluice cancellations`: changes to many jobs, planned, confirmed, carried out. */
export function addPlans(program: Command): void {
  for (const action of ACTIONS) addAction(program, action);
}

function addAction(program: Command, { name, verb, states, fallback, of }: Action): void {
  const plans = addResource(program, {
    name,
    description: `${verb} many jobs by a filter: planned, confirmed, carried out at a bounded rate`,
    nouns: PLAN.nouns,
    subject: ["id", "the plan's id"],
    connect: async (command) => of(await connect(command)),
  });
  const filtered = (command: Command) =>
    command
      .addOption(new Option("--state <state>", `jobs in this state (default: ${fallback})`).choices(states))
      .option("--type <type>", "jobs of this type")
      .option("--queue <queue>", "jobs in this queue")
      .option("--error <text>", 'a part of the last error, written as "Name: message"')
      .option("--created-after <time>", "made then or later: ISO 8601, or how long ago, as 2h", momentAgo)
      .option("--created-before <time>", "made before then", momentAgo);
  const paced = (command: Command) =>
    command.option("--per-second <n>", "jobs a second, 1 to 100 (default: 10)", anyNumber);

  plans.all("list", "all that are kept, newest first", (api) => api.list(), showItems(PLAN));
  plans.one("get", "how far one has come", (api, id) => api.get(id), showPlan);
  filtered(
    plans.all(
      "plan",
      "count what a filter matches; nothing happens to any job yet",
      (api, options: FilterOptions) => api.plan(filterOf(options)),
      showNewPlan,
    ),
  );
  paced(
    plans.one(
      "confirm",
      "have a plan carried out",
      (api, id, options: PaceOptions) => api.confirm(id, paceOf(options)),
      showPlan,
    ),
  );
  plans.one("cancel", "stop one; what is done stays done", (api, id) => api.cancel(id), showPlan);
  paced(
    filtered(
      plans.all(
        "run",
        `plan, show how many jobs that is, ask, and ${verb} them`,
        (api, options: RunOptions & GlobalOptions) => runPlan(api, verb, options),
        showPlan,
      ),
    ),
  )
    .option("--yes", "without asking")
    .option(WAIT_OPTION[0], "until all are done, at most so long (default: 30)", WAIT_OPTION[2]);
}

async function runPlan(plans: Plans, verb: string, options: RunOptions & GlobalOptions): Promise<PlanView> {
  // Before a plan is made that nobody could confirm.
  assertAskable(options);
  const plan = await plans.plan(filterOf(options));
  if (plan.count === 0) {
    await plans.cancel(plan.id);
    throw new CliError("no_match", `no job matches: there is nothing to ${verb}`);
  }
  if (!options.json) console.error(`${newPlanText(plan)}\n`);
  try {
    await confirm(`${capitalized(verb)} ${plannedText(plan)}?`, options);
  } catch (error) {
    await plans.cancel(plan.id);
    throw error;
  }
  const running = await plans.confirm(plan.id, paceOf(options));
  return options.wait === undefined ? running : awaitEnd(plans, running, waitSeconds(options.wait));
}

async function awaitEnd(plans: Plans, running: PlanView, seconds: number): Promise<PlanView> {
  const until = Date.now() + seconds * 1_000;
  let plan = running;
  while (plan.state === "running" && Date.now() < until) {
    await pause(Math.min(LOOK_MS, until - Date.now()));
    plan = await plans.get(plan.id);
  }
  if (plan.state === "running") process.exitCode = EXIT.unfinished;
  else if (plan.failed > 0) process.exitCode = EXIT.error;
  return plan;
}

function filterOf({ state, type, queue, error, createdAfter, createdBefore }: FilterOptions) {
  return { state, type, queue, error, createdAfter, createdBefore };
}

function paceOf({ perSecond }: PaceOptions) {
  return perSecond === undefined ? {} : { perSecond };
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
