import type { BatchContext, BatchHandler, BatchJob } from "../domain/batch-handler.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { EarlyEnd } from "./early-end.ts";
import { invalidPayload, thrownOutcome } from "./thrown-outcome.ts";
import { untilEnd } from "./until-end.ts";

/** `run` has not answered for each of its jobs. */
class WrongAnswers extends Error {
  override readonly name = "WrongAnswers";
}

/**
 * Runs a batch handler once, and says how each of its jobs ended, in their order. A payload that the
 * handler does not take fails its own job, and does not reach it. Never throws.
 * @param end comes when the run is to end, since its time is up or none of the jobs is to go on
 */
export async function runBatch(handler: BatchHandler, jobs: readonly BatchJob[], end: EarlyEnd): Promise<Outcome[]> {
  const parsed = await Promise.all(jobs.map(({ payload }) => handler.input.safeParseAsync(payload)));
  const valid = jobs.flatMap((job, n) => {
    const { [n]: result } = parsed;
    return result?.success ? [{ ...job, payload: result.data as never }] : [];
  });
  const ended = valid.length === 0 ? [] : await runTogether(handler, valid, end);
  const outcomes = ended.values();
  return parsed.map((result) =>
    result.success ? (outcomes.next().value ?? wrongAnswers("nothing")) : invalidPayload(result.error),
  );
}

async function runTogether(handler: BatchHandler, jobs: readonly BatchJob<never>[], end: EarlyEnd): Promise<Outcome[]> {
  const tenantId = jobs[0]?.tenantId ?? "";
  const signalled = (early: EarlyEnd): BatchContext => ({
    tenantId,
    get signal() {
      return early.signal;
    },
  });
  const { ended, early } = await untilEnd((told) => run(handler, jobs, signalled(told)), end);
  if (early === null) return ended;
  return jobs.map((_, n) => (ended?.[n]?.kind === "succeeded" ? ended[n] : early));
}

async function run(handler: BatchHandler, jobs: readonly BatchJob<never>[], context: BatchContext): Promise<Outcome[]> {
  try {
    return outcomesOf(await handler.run(jobs, context), jobs.length);
  } catch (thrown) {
    return jobs.map(() => thrownOutcome(thrown));
  }
}

function outcomesOf(answers: unknown, jobs: number): Outcome[] {
  if (answers === undefined) return Array.from({ length: jobs }, () => ({ kind: "succeeded", result: null }));
  if (!Array.isArray(answers)) return Array.from({ length: jobs }, () => wrongAnswers(`a ${typeof answers}`));
  if (answers.length !== jobs) return Array.from({ length: jobs }, () => wrongAnswers(`${answers.length} answers`));
  return Array.from(answers, (answer: unknown) =>
    answer instanceof Error ? thrownOutcome(answer) : { kind: "succeeded", result: answer },
  );
}

// Which job an answer belongs to is not known: none is taken for done.
function wrongAnswers(what: string): Outcome {
  return thrownOutcome(
    new WrongAnswers(`run must return nothing, or one answer for each job: it has returned ${what}`),
  );
}
