/** Thrown by a handler: the job is `failed` at once, whatever attempts it had left. */
export class FatalError extends Error {
  name = "FatalError";
}
/** Thrown by a handler: try again, not before `after` when it is given (instead of the job's backoff). */
export class RetryError extends Error {
  name = "RetryError";
  after;
  constructor(message, options = {}) {
    super(message, { cause: options.cause });
    this.after = options.after;
  }
}
const NAME_LENGTH = 100;
const MESSAGE_LENGTH = 1000;
const STACK_LENGTH = 2000;
/** What is kept of a thrown value: its name, message and stack, each cut to a bounded length. */
export function describeError(thrown, kind = "error") {
  if (!(thrown instanceof Error)) return { kind, name: "Error", message: text(thrown, MESSAGE_LENGTH) };
  const described = { kind, name: text(thrown.name, NAME_LENGTH), message: text(thrown.message, MESSAGE_LENGTH) };
  return thrown.stack ? { ...described, stack: text(thrown.stack, STACK_LENGTH) } : described;
}
// Whatever a handler throws, describing it must not throw once more.
function text(value, length) {
  try {
    return String(value).slice(0, length).toWellFormed();
  } catch {
    return "a value that has no text";
  }
}
