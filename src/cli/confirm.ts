import { createInterface } from "node:readline/promises";
import { CliError, usageError } from "./cli-error.ts";
import { printable } from "./printable.ts";

/** Who can be asked, and how. */
export interface Asked {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

interface Consent {
  readonly yes?: boolean;
  readonly json?: boolean;
}

// Not stdout: what is printed there may go into a file.
const TERMINAL: Asked = { input: process.stdin, output: process.stderr };

/**
 * Goes on only if whoever sits there says yes, or has said so on the command line.
 * @throws CliError when the answer is another one, or nobody can be asked
 */
export async function confirm(question: string, consent: Consent, asked: Asked = TERMINAL): Promise<void> {
  if (consent.yes) return;
  assertAskable(consent, asked);
  const answer = await ask(`${printable(question)} [y/N] `, asked);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("declined", "nothing was done");
}

/**
 * For what has to be done before it is known what to ask.
 * @throws CliError when nobody can be asked, and nobody has said yes
 */
export function assertAskable(consent: Consent, asked: Asked = TERMINAL): void {
  if (consent.yes || isAskable(consent, asked)) return;
  throw usageError("nobody can be asked whether that is meant, without a terminal or with --json: give --yes");
}

/** Whether somebody sits there. */
export function isAskable({ json = false }: Consent, { input, output }: Asked = TERMINAL): boolean {
  return !json && input.isTTY === true && output.isTTY === true;
}

/** The line that is typed; empty when the input ends instead. */
export async function ask(question: string, { input, output }: Asked = TERMINAL): Promise<string> {
  const lines = createInterface({ input, output });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}
