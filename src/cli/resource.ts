import type { Command } from "commander";
import { confirm } from "./confirm.ts";
import type { GlobalOptions } from "./connection.ts";
import type { Show } from "./item-view.ts";
import { colors, printJson } from "./terminal.ts";

/** An argument: what it is called, and what the help says of it. */
type Subject = readonly [name: string, description: string];

export interface ResourceOptions<Api> {
  readonly name: string;
  readonly description: string;
  /** How one of it is called, and several. */
  readonly nouns: readonly [one: string, many: string];
  /** What one is named by on the command line. */
  readonly subject: Subject;
  readonly connect: (command: Command) => Promise<Api>;
}

type RunAll<Api, Options, Result> = (api: Api, options: Options & GlobalOptions) => Result;
type Run<Api, Options, Result> = (api: Api, subject: string, options: Options & GlobalOptions) => Result;

/** What takes something away. */
export interface Ending<Api> {
  /** Throws when there is no such thing: whoever has mistyped a name is told before anything is asked. */
  readonly find: (api: Api, subject: string) => Promise<unknown>;
  readonly run: (api: Api, subject: string) => Promise<unknown>;
  /** What is asked first; `what` is "queue mail", or "2 queues (mail, sms)". */
  readonly asks: (what: string) => string;
  /** What has become of each: "deleted". */
  readonly done: string;
}

/** The commands below one word: `sluice queues list`, `sluice queues pause mail`. Each returns what takes its options. */
export interface Resource<Api> {
  readonly command: Command;
  /** A command on all of it. */
  all<Options, Result>(
    name: string,
    description: string,
    run: RunAll<Api, Options, Result>,
    show: Show<Awaited<Result>>,
  ): Command;
  /**
   * A command on one of it.
   * @param subject what it is named by, unless it is what all are named by
   */
  one<Options, Result>(
    name: string,
    description: string,
    run: Run<Api, Options, Result>,
    show: Show<Awaited<Result>>,
    subject?: Subject,
  ): Command;
  /** A command that takes some of it away, and asks before. */
  end(name: string, description: string, ending: Ending<Api>): Command;
}

export function addResource<Api>(program: Command, options: ResourceOptions<Api>): Resource<Api> {
  const { name, description, subject, connect } = options;
  const parent = program.command(name).description(description);
  const add = (verb: string, says: string) => parent.command(verb).description(says);
  return {
    command: parent,
    all: (verb, says, run, show) =>
      add(verb, says).action(async (_: unknown, command: Command) => {
        const given = command.optsWithGlobals<Parameters<typeof run>[1]>();
        await show(await run(await connect(command), given), given);
      }),
    one: (verb, says, run, show, [argument, meaning] = subject) =>
      add(verb, says)
        .argument(`<${argument}>`, meaning)
        .action(async (which: string, _: unknown, command: Command) => {
          const given = command.optsWithGlobals<Parameters<typeof run>[2]>();
          await show(await run(await connect(command), which, given), given);
        }),
    end: (verb, says, ending) =>
      add(verb, says)
        .argument(`<${subject[0]}...>`, subject[1])
        .option("--yes", "without asking")
        .action(async (which: string[], _: unknown, command: Command) => {
          const api = await connect(command);
          await endAll(api, [...new Set(which)], ending, options, command.optsWithGlobals());
        }),
  };
}

async function endAll<Api>(
  api: Api,
  subjects: readonly string[],
  { find, run, asks, done }: Ending<Api>,
  { nouns, subject: [key] }: ResourceOptions<Api>,
  given: GlobalOptions & { readonly yes?: boolean },
): Promise<void> {
  for (const subject of subjects) await find(api, subject);
  const [only = ""] = subjects;
  const what =
    subjects.length === 1 ? `${nouns[0]} ${only}` : `${subjects.length} ${nouns[1]} (${subjects.join(", ")})`;
  await confirm(asks(what), given);
  for (const subject of subjects) {
    await run(api, subject);
    if (given.json) printJson({ [key]: subject, [done]: true });
    else console.log(`${colors.green("✔")} ${nouns[0]} ${subject} ${done}`);
  }
}
