import type { Callback, CallbackCondition } from "./callback.ts";
import type { Duration } from "./duration.ts";
import type { FailurePolicy } from "./group.ts";
import type { Handler } from "./handler.ts";
import type { RetryOptions } from "./retry-options.ts";

/** How a job that follows on another is to run. What is left out is as it is for any job. */
export interface StepOptions {
  readonly queue?: string;
  /** 0 to 9, higher first. */
  readonly priority?: number;
  readonly maxAttempts?: number;
  readonly retry?: RetryOptions;
  /** Not before this long from then. */
  readonly delay?: Duration;
  /** Ends `cancelled` when nobody has started it this long from then. */
  readonly expireIn?: Duration;
  readonly callback?: Pick<Callback, "url"> & { readonly on?: CallbackCondition };
}

/** A job that follows on another. */
export interface Step extends StepOptions {
  readonly type: string;
  readonly payload?: unknown;
}

/** How a job that a handler enqueues is to run. */
export interface ChildOptions extends StepOptions {
  /** Not before then: ISO 8601 with its offset. */
  readonly runAt?: string;
  /** What follows on its success, one after the other. */
  readonly then?: readonly Step[];
  /** What follows when it fails or is cancelled, or one of those. */
  readonly onFailure?: Step;
}

/** A job that a handler enqueues. */
export interface Child extends ChildOptions {
  readonly type: string;
  readonly payload?: unknown;
}

/** Jobs whose ends are waited for together. */
export interface GroupOptions {
  readonly name?: string;
  /** What follows when all of them have ended, however they have. */
  readonly onComplete?: Step;
  /** Default `continue`. */
  readonly onFailure?: FailurePolicy;
}

/** What a handler has enqueued. */
export interface EnqueuedChildren {
  /** In the order in which they were given. */
  readonly ids: readonly string[];
  /** The group that they are members of. */
  readonly groupId: string | null;
}

/**
 * What a handler has other jobs run with. They are stored in the transaction that ends its job as `succeeded`: together
 * with that, or not at all.
 */
export interface Children {
  /**
   * @returns the id that it will have
   * @throws FatalError when the job is not as it should be, or there are more than 1,000 in one attempt, or their payloads
   *   have more than 1 MB together
   */
  readonly enqueue: <Payload>(
    type: string | Handler<string, Payload>,
    payload: Payload,
    options?: ChildOptions,
  ) => Promise<string>;
  /** All of them, as members of a group if one is given. */
  readonly enqueueMany: (
    jobs: readonly Child[],
    options?: { readonly group?: GroupOptions },
  ) => Promise<EnqueuedChildren>;
}

/** Both ways to enqueue, by the one that does it. */
export function childrenBy(enqueueMany: Children["enqueueMany"]): Children {
  return {
    enqueueMany,
    enqueue: async (type, payload, options) => {
      const child = { ...options, type: typeof type === "string" ? type : type.type, payload };
      const { ids } = await enqueueMany([child]);
      return ids[0] ?? "";
    },
  };
}
