import { CommanderError } from "commander";
import { findProblem } from "../protocol/problem-codes.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { CliError } from "./cli-error.ts";
import { EXIT } from "./exit-code.ts";
import { printable } from "./printable.ts";
/**
 * Tells on stderr what went wrong: a line and one for each field, or with `json` one JSON object.
 * @returns what to end with
 */
export function reportError(error, { json }) {
  const report = describe(error);
  console.error(json ? JSON.stringify(report) : asText(report));
  return exitCodeOf(error);
}
function describe(error) {
  if (error instanceof SluiceError) return describeAnswer(error);
  if (error instanceof CliError) return { code: error.code, message: error.message };
  if (error instanceof CommanderError) {
    return { code: "usage", message: error.message.replace(/^error: /, "").replaceAll("\n", " ") };
  }
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}
function describeAnswer(error) {
  return {
    code: error.code,
    message: error.cause instanceof CliError ? error.cause.message : error.message,
    ...(error.status !== 0 && { status: error.status }),
    ...(error.requestId !== null && { requestId: error.requestId }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error.errors && { errors: error.errors }),
  };
}
function asText({ code, message, requestId, errors = [] }) {
  // The message repeats the first of the fields.
  const what = errors.length === 0 ? message : (findProblem(code)?.title ?? message);
  const request = requestId === undefined ? "" : `, request ${requestId}`;
  const fields = errors.map(({ pointer, detail, code }) => `  ${pointer}  ${detail} (${code})`);
  return printable([`sluice: ${what} (${code}${request})`, ...fields].join("\n"));
}
function exitCodeOf(error) {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof CommanderError) return EXIT.usage;
  // Without an answer, or with that of something between: 502, 504, or Cloudflare's own 52x. A 500 is an answer.
  const unavailable = error instanceof SluiceError && (error.code === "network_error" || error.status > 500);
  return unavailable ? EXIT.unavailable : EXIT.error;
}
