import { env } from "cloudflare:workers";
import type { z } from "zod";
import { type Duration, durationMs } from "../domain/duration.ts";
import { defineHandler, type Handler, type HandlerDefinition, type JobContext } from "../domain/handler.ts";
import { FatalError, RetryError } from "../domain/outcome.ts";
import { notJsonAt } from "../protocol/json-value.ts";
import { isRunReply, type RunReply, type ServiceJob, type StopReason, thrownReply } from "../protocol/service-job.ts";
import { isServiceMethod } from "../protocol/service-method.ts";

export interface ServiceHandlerDefinition<Type extends string, Input extends z.ZodType, Result extends z.ZodType>
  extends Omit<HandlerDefinition<Type, Input, z.output<Result>>, "run"> {
  /** The name of the service binding in wrangler.toml whose Worker runs the jobs. */
  binding: string;
  /** The method that is called, with the payload and a `ServiceJob`. Default "run". */
  method?: string;
  /** Checks what comes back; without it, any JSON is a result. */
  result?: Result;
}

type Service = Readonly<Record<string, (payload: unknown, job: ServiceJob) => Promise<unknown>>>;

/**
 * A job type that another Worker of the account runs: an entry point made with `createRunner`, or any other that has
 * the method. `FatalError` and `RetryError` mean there what they mean here; anything else that is thrown is tried again.
 * @throws RangeError when an option is out of its range
 */
export function serviceHandler<Type extends string, Input extends z.ZodType, Result extends z.ZodType>(
  definition: ServiceHandlerDefinition<Type, Input, Result>,
): Handler<Type, z.input<Input>, z.output<Result>> {
  const { binding, method = "run", result, ...rest } = definition;
  if (!isServiceMethod(method)) throw new RangeError(`${rest.type}: "${method}" cannot be called by RPC`);
  const handler: Handler<Type, z.input<Input>, z.output<Result>> = defineHandler({
    ...rest,
    run: async (payload, context) => {
      const service = boundService(binding, method);
      const deadline = Date.now() + handler.timeoutMs;
      // Called where it stands: taken from its stub, a method would be called without it.
      const answer = await told((job) => service[method]?.(payload, job), context, deadline);
      return checked(`${binding}.${method}`, isRunReply(answer) ? unwrapped(answer) : answer, result);
    },
  });
  return handler;
}

/** @throws FatalError that says what to write: no other attempt of this deployment would end otherwise */
function boundService(binding: string, method: string): Service {
  const service = (env as unknown as Readonly<Record<string, Service | undefined>>)[binding];
  if (typeof service?.[method] === "function") return service;
  const entry = `[[services]] binding = "${binding}", service = "…", entrypoint = "…"`;
  throw new FatalError(`env.${binding} is no service binding: add ${entry} to wrangler.toml`);
}

/** Has a job run elsewhere, with what it may know and do there; what is thrown is a `RunReply`. */
async function told(run: (job: ServiceJob) => unknown, context: JobContext, deadline: number): Promise<unknown> {
  const { signal, tenantId, jobId, attempt, traceparent, previous, blobs, sign, progress, step, enqueueMany } = context;
  const { promise, resolve } = Promise.withResolvers<StopReason | null>();
  const stop = () => resolve(stopReason(signal.reason));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  // Functions on their own, as RPC takes them.
  const { get, put } = { get: blobs.get.bind(blobs), put: blobs.put.bind(blobs) };
  const log: ServiceJob["log"] = (level, message, fields) =>
    level === "info" ? context.log(message, fields) : context.log[level](message, fields);
  const told = { tenantId, jobId, attempt, traceparent, previous, deadline };
  const job = { ...told, blobs: { get, put }, sign, progress, step, log, enqueueMany };
  try {
    return await run({ ...job, stopped: () => promise });
  } catch (thrown) {
    return thrownReply(fatalWhenNotSent(thrown));
  } finally {
    signal.removeEventListener("abort", stop);
    resolve(null);
  }
}

// What cannot be sent now never can.
function fatalWhenNotSent(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown.name !== "DataCloneError") return thrown;
  return new FatalError(`RPC cannot carry it: ${thrown.message}`);
}

function stopReason(reason: unknown): StopReason {
  if (reason instanceof Error) return { name: reason.name, message: reason.message };
  return { name: "AbortError", message: String(reason) };
}

/** The result of a run that has succeeded; what another has thrown is thrown again. */
function unwrapped(reply: RunReply): unknown {
  if (reply.kind === "succeeded") return reply.result;
  throw Object.assign(toThrown(reply), reply.error.stack !== undefined && { stack: reply.error.stack });
}

function toThrown(reply: Exclude<RunReply, { kind: "succeeded" }>): Error {
  const { name, message } = reply.error;
  if (reply.kind === "failed") return new FatalError(message);
  if (isDuration(reply.after)) return new RetryError(message, { after: reply.after });
  return Object.assign(new Error(message), { name });
}

function isDuration(after: unknown): after is Duration {
  try {
    return after !== undefined && durationMs(after as Duration) >= 0;
  } catch {
    return false;
  }
}

async function checked<Result extends z.ZodType>(
  where: string,
  result: unknown,
  schema: Result | undefined,
): Promise<z.output<Result>> {
  const notJson = notJsonAt(result);
  if (notJson !== null) throw new FatalError(`${where} has answered what JSON cannot carry, at ${notJson}`);
  if (schema === undefined) return result as z.output<Result>;
  const parsed = await schema.safeParseAsync(result);
  if (parsed.success) return parsed.data;
  throw new FatalError(`${where} has answered something else than its result: ${parsed.error.message}`);
}
