import { FatalError } from "../domain/outcome.ts";
import { checkStepName, STEP_LIMITS, type StoredStep, stepMember, stepResult } from "../domain/step.ts";
import { utf8Bytes } from "../domain/utf8-bytes.ts";

/** A step that has ended, to be stored. */
export interface EndedStep {
  readonly name: string;
  /** As a member of the JSON object that holds a job's steps. */
  readonly member: string;
  /** Of all of the job's steps, with this one. */
  readonly bytes: number;
}

/** The steps of one attempt: those that have finished before are not run again. */
export class AttemptSteps {
  readonly #attempt: number;
  readonly #finished: ReadonlyMap<string, StoredStep>;
  readonly #store: (step: EndedStep) => Promise<void>;
  readonly #begun = new Set<string>();
  #count: number;
  #bytes: number;
  #isOver = false;

  /**
   * @param finished steps of attempts before
   * @param bytes what they take
   * @param store resolves once a step is stored, and rejects when it will not be
   */
  constructor(
    attempt: number,
    finished: ReadonlyMap<string, StoredStep>,
    bytes: number,
    store: (step: EndedStep) => Promise<void>,
  ) {
    this.#attempt = attempt;
    this.#finished = finished;
    this.#count = finished.size;
    this.#bytes = bytes;
    this.#store = store;
  }

  /** The attempt is over: a handler that goes on begins no further step, and what one gives is not stored. */
  end(): void {
    this.#isOver = true;
  }

  /** @throws FatalError when the step is none that a job may have; or what has kept it from being stored */
  readonly run = <Result>(name: string, work: () => Promise<Result> | Result): Promise<Result> => {
    const ran = this.#run(name, work);
    // One that a handler does not wait for must not end the invocation by its failure.
    ran.catch(() => undefined);
    return ran;
  };

  async #run<Result>(name: string, work: () => Promise<Result> | Result): Promise<Result> {
    checkStepName(name);
    this.#assertGoesOn(name);
    if (this.#begun.has(name)) throw new FatalError(`there are two steps "${name}": each needs a name of its own`);
    this.#begun.add(name);
    const finished = this.#finished.get(name);
    if (finished !== undefined) return finished[2] as Result;
    if (++this.#count > STEP_LIMITS.steps) {
      throw new FatalError(
        `more than ${STEP_LIMITS.steps} steps: put several pieces of work into one, or into other jobs`,
      );
    }
    const value = await work();
    this.#assertGoesOn(name);
    const json = stepResult(name, value);
    await this.#store(this.#ended(name, json));
    // As the next attempt would get it.
    return (json === undefined ? undefined : JSON.parse(json)) as Result;
  }

  #ended(name: string, json: string | undefined): EndedStep {
    const member = stepMember(name, this.#attempt, Date.now(), json);
    this.#bytes += utf8Bytes(member) + 1;
    if (this.#bytes <= STEP_LIMITS.bytes) return { name, member, bytes: this.#bytes };
    const instead = "keep what is large with context.blobs.put, and return the blob";
    throw new FatalError(`the job's steps have more than ${STEP_LIMITS.bytes} bytes with "${name}": ${instead}`);
  }

  #assertGoesOn(name: string): void {
    if (this.#isOver) throw new Error(`step "${name}": the attempt is over`);
  }
}
