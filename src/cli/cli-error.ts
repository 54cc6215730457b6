import { EXIT, type ExitCode } from "./exit-code.ts";

/** What this program itself has to complain about: told in a line, and in JSON with a stable code. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, exitCode: ExitCode = EXIT.error, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** Wrong usage: nothing was sent. */
export function usageError(message: string, options?: ErrorOptions): CliError {
  return new CliError("usage", message, EXIT.usage, options);
}
