import { open } from "node:fs/promises";
import { CliError, usageError } from "./cli-error.ts";

/** No deployment can be set to take more. */
const MOST_BYTES = 25000000;
/**
 * A job's payload as it is given on the command line: JSON, "-" for standard input, "@file" for a file.
 * @throws CliError when it cannot be read, is too large, or is no JSON
 */
export async function readPayload(argument, stdin) {
  if (argument === "-") return parse(await readText(stdin, "standard input"), "standard input");
  if (!argument.startsWith("@")) return parse(argument, "the payload");
  const path = argument.slice(1);
  return parse(await readFile(path), path);
}
async function readFile(path) {
  try {
    const file = await open(path);
    return await readText(file.createReadStream(), path);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const { code, message } = cause;
    throw usageError(code === "ENOENT" ? `there is no file ${path}` : `${path} cannot be read: ${message}`, { cause });
  }
}
async function readText(stream, where) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw usageError(`${where} has more than ${MOST_BYTES / 1000000} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
function parse(text, where) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const hint = where === "the payload" ? ": text is written '\"text\"', a file is @file, standard input is -" : "";
    throw usageError(`${where} is no JSON (${cause.message})${hint}`, { cause });
  }
}
