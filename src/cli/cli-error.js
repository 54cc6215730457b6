import { EXIT } from "./exit-code.ts";
/** What this program itself has to complain about: told in a line, and in JSON with a stable code. */
export class CliError extends Error {
  name = "CliError";
  code;
  exitCode;
  constructor(code, message, exitCode = EXIT.error, options) {
    super(message, options);
    this.code = code;
    this.exitCode = exitCode;
  }
}
/** Wrong usage: nothing was sent. */
export function usageError(message, options) {
  return new CliError("usage", message, EXIT.usage, options);
}
