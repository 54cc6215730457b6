import { WorkerEntrypoint } from "cloudflare:workers";
import { type Jobs as JobsOf, type SluiceBinding, SluiceError, serviceClient } from "../../../src/client/client.ts";
import { createRunner, FatalError, RetryError } from "../../../src/runner.ts";
import type { handlers } from "./queue.ts";

type Sluice = SluiceBinding<JobsOf<typeof handlers>>;

interface Env {
  readonly [binding: string]: Sluice;
}

interface Throw {
  /** Of the attempts, so many are to throw. */
  readonly attempts: number;
  readonly kind: "error" | "fatal" | "later";
}

/** Why patient jobs were stopped, by their names; "" for one that runs. */
const stopped = new Map<string, string>();

function thrown({ attempts, kind }: Throw, attempt: number): Error | null {
  if (attempt > attempts) return null;
  if (kind === "fatal") return new FatalError("never again");
  return kind === "later" ? new RetryError("not now", { after: "1h" }) : new TypeError(`failure ${attempt}`);
}

/** Jobs that this Worker runs for the queue. */
export const Jobs = createRunner({
  run: ({ name }: { name: string }) => `hello ${name}, says the team`,
  echo: (payload: unknown) => payload,
  told: async (
    _: unknown,
    { jobId, tenantId, attempt, traceparent, sign, progress, signal },
    env: Readonly<Record<string, unknown>>,
  ) => {
    progress(0.5, "half of it");
    const signed = Object.keys(await sign("body"));
    return { jobId, tenantId, attempt, traceparent, signed, aborted: signal.aborted, bound: "ACME" in env };
  },
  resumes: async (_: unknown, { attempt, step, log }) => {
    log.warn("on its way", { attempt });
    const first = await step("first", () => `of attempt ${attempt}`);
    await step("second", () => {
      if (attempt === 1) throw new RetryError("not yet", { after: 0 });
    });
    return first;
  },
  shout: async ({ text }: { text: { blob: string } }, { blobs }) => {
    const { body, contentType } = await blobs.get(text);
    return { loud: await blobs.put(new Blob([(await new Response(body).text()).toUpperCase()]), { contentType }) };
  },
  throws: (payload: Throw, { attempt }) => {
    const error = thrown(payload, attempt);
    if (error !== null) throw error;
    return attempt;
  },
  symbol: () => Symbol("nobody else has it"),
  exotic: () => ({ kept: [new Map([["a", 1]])] }),
  patient: ({ name }: { name: string }, { signal }) => {
    const { promise, reject } = Promise.withResolvers<never>();
    stopped.set(name, "");
    signal.addEventListener("abort", () => {
      const { name: kind, message } = signal.reason as Error;
      stopped.set(name, `${kind}: ${message}`);
      reject(signal.reason);
    });
    return promise;
  },
});

/** An entry point that knows nothing of Sluice. */
export class Plain extends WorkerEntrypoint {
  greet({ name }: { name: string }, { jobId, deadline }: { jobId: string; deadline: number }): object {
    return { text: `hello ${name}, of ${jobId}`, leftMs: deadline - Date.now() };
  }

  throws(payload: Throw, { attempt }: { attempt: number }): number {
    const error = thrown(payload, attempt);
    if (error !== null) throw error;
    return attempt;
  }
}

interface Called {
  readonly binding: string;
  readonly call: string;
  readonly args: readonly unknown[];
  /** "client": by way of `serviceClient`. */
  readonly by: "binding" | "client";
}

/** Lets a test call as this Worker, and answers with what comes of it. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/stopped") return Response.json(stopped.get(searchParams.get("name") ?? "") ?? null);
    const called = await request.json<Called>();
    try {
      return Response.json({ value: await carryOut(called, env) });
    } catch (error) {
      return Response.json({ error: fieldsOf(error) });
    }
  },
};

async function carryOut({ binding, call, args, by }: Called, env: Env): Promise<unknown> {
  const sluice = env[binding] as Sluice;
  const api: unknown = by === "client" ? serviceClient(sluice) : sluice;
  const answer = (api as Record<string, (...args: readonly unknown[]) => unknown>)[call]?.(...args);
  if (call === "list" && by === "client") return Array.fromAsync(answer as AsyncIterable<unknown>);
  return answer;
}

function fieldsOf(error: unknown): object {
  const { name, message, code, status, errors, retryAfterMs, limit } = error as SluiceError;
  const isSluiceError = error instanceof SluiceError;
  const cause = String((error as Error).cause);
  return { isSluiceError, name, message, code, status, errors, retryAfterMs, limit, cause };
}

/** What a team writes, and what does not compile. */
export async function typed(sluice: Sluice): Promise<string | null | undefined> {
  const job = await sluice.enqueue("team.greet", { name: "Ada" }, { priority: 7 });
  // @ts-expect-error: there is no such type
  await sluice.enqueue("greets", { name: "Ada" });
  // @ts-expect-error: a name is a string
  await serviceClient(sluice).enqueue("greet", { name: 7 });
  return job.result;
}
