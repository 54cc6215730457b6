import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { CliError, usageError } from "./cli-error.ts";

/** No deployment can be set to take more. */
const MOST_BYTES = 25_000_000;

/**
 * A job's payload as it is given on the command line: JSON, "-" for standard input, "@file" for a file.
 * @throws CliError when it cannot be read, is too large, or is no JSON
 */
export async function readPayload(argument: string, stdin: Readable): Promise<unknown> {
  if (argument === "-") return parse(await readText(stdin, "standard input"), "standard input");
  if (!argument.startsWith("@")) return parse(argument, "the payload");
  const path = argument.slice(1);
  return parse(await readFile(path), path);
}

/**
 * A secret, likewise: "-" and "@file" keep it out of the shell's history. A line's end after it is none of it.
 * @throws CliError when it cannot be read
 */
export async function readSecret(argument: string, stdin: Readable): Promise<string> {
  if (argument === "-") return (await readText(stdin, "standard input")).trimEnd();
  return argument.startsWith("@") ? (await readFile(argument.slice(1))).trimEnd() : argument;
}

async function readFile(path: string): Promise<string> {
  try {
    const file = await open(path);
    return await readText(file.createReadStream(), path);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw usageError(code === "ENOENT" ? `there is no file ${path}` : `${path} cannot be read: ${message}`, { cause });
  }
}

async function readText(stream: Readable, where: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw usageError(`${where} has more than ${MOST_BYTES / 1_000_000} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const hint = where === "the payload" ? ": text is written '\"text\"', a file is @file, standard input is -" : "";
    throw usageError(`${where} is no JSON (${(cause as Error).message})${hint}`, { cause });
  }
}
