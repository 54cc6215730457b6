import type { JobContext } from "../domain/handler.ts";
import type { LogFields, LogLevel } from "../domain/log-line.ts";
import { type AttemptError, describeError, FatalError, RetryError } from "../domain/outcome.ts";

/** What a Worker is told of the job that it runs for another one. All of it, functions included, passes RPC. */
export interface ServiceJob
  extends Pick<
    JobContext,
    | "tenantId"
    | "jobId"
    | "attempt"
    | "traceparent"
    | "previous"
    | "blobs"
    | "sign"
    | "progress"
    | "step"
    | "enqueueMany"
  > {
  /** Writes a line into the job's log. */
  readonly log: (level: LogLevel, message: string, fields?: LogFields) => void;
  /** When the attempt's time is up, in milliseconds since the epoch. What is answered later changes nothing. */
  readonly deadline: number;
  /** Resolves to why the attempt is to end, once it is; to null when it has ended by itself. */
  readonly stopped: () => Promise<StopReason | null>;
}

/** The reason of an abort signal, as data: a signal itself does not pass RPC without a flag of both Workers. */
export interface StopReason {
  readonly name: string;
  readonly message: string;
}

/** Names a reply of `createRunner`, so that no other answer is taken for one. */
const MARK = "sluice:run-reply:1";

/** How a run ended. Errors are values: of one that is thrown, RPC may keep no more than the message. */
export type RunReply = { readonly mark: typeof MARK } & (
  | { readonly kind: "succeeded"; readonly result: unknown }
  | { readonly kind: "failed"; readonly error: AttemptError }
  | { readonly kind: "retry"; readonly error: AttemptError; readonly after?: unknown }
);

export function succeeded(result: unknown): RunReply {
  return { mark: MARK, kind: "succeeded", result };
}

/** How a thrown value ends a run: by its name, as what comes from another Worker is an instance of no class. */
export function thrownReply(thrown: unknown): RunReply {
  const error = describeError(thrown);
  if (isNamed(thrown, FatalError, "FatalError")) return { mark: MARK, kind: "failed", error };
  if (!isNamed(thrown, RetryError, "RetryError")) return { mark: MARK, kind: "retry", error };
  return { mark: MARK, kind: "retry", error, after: (thrown as { after?: unknown }).after };
}

/** Whether an answer is a reply of `createRunner`; otherwise it is the result itself. */
export function isRunReply(answer: unknown): answer is RunReply {
  return typeof answer === "object" && answer !== null && (answer as { mark?: unknown }).mark === MARK;
}

// Before the compatibility date 2026-04-21 RPC has the name in front of the message, if it keeps it at all.
function isNamed(thrown: unknown, kind: new (message: string) => Error, name: string): boolean {
  if (thrown instanceof kind) return true;
  return thrown instanceof Error && (thrown.name === name || thrown.message.startsWith(`${name}: `));
}
