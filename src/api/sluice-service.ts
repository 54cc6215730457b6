import { WorkerEntrypoint } from "cloudflare:workers";
import { readConfig } from "../config.ts";
import type { Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import type { JobTypes } from "../protocol/jobs-api.ts";
import { fromProblem, type ServiceReply, type SluiceBinding, toProblem } from "../protocol/service.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { carryOutCall, SERVICE_CALLS } from "./service-calls.ts";
import { readServiceProps } from "./service-props.ts";

/** An entry point for other Workers of the account, who bind it with the `props` of their tenant. */
export type SluiceServiceClass<Types extends JobTypes> = new (
  ctx: ExecutionContext,
  env: SluiceEnv,
) => WorkerEntrypoint<SluiceEnv> & SluiceBinding<Types>;

/** The class that a Worker exports so that others can enqueue and read jobs of these handlers by RPC. */
export function sluiceService<Types extends JobTypes>(registry: Registry): SluiceServiceClass<Types> {
  class SluiceService extends WorkerEntrypoint<SluiceEnv, unknown> {
    /** What is refused is a value here: of an error that is thrown, RPC may keep no more than the message. */
    async call(name: unknown, args: unknown): Promise<ServiceReply> {
      try {
        const deployment = { env: this.env, config: readConfig(this.env), registry };
        const given = Array.isArray(args) ? args : [];
        return { value: await carryOutCall(deployment, readServiceProps(this.ctx.props), name, given) };
      } catch (error) {
        return { problem: toProblem(told(error, name)) };
      }
    }
  }
  // Only what stands on the prototype can be called.
  for (const name of SERVICE_CALLS) {
    const carryOut = async function (this: SluiceService, ...args: readonly unknown[]) {
      const reply = await this.call(name, args);
      if ("problem" in reply) throw fromProblem(reply.problem);
      return reply.value;
    };
    Object.defineProperty(SluiceService.prototype, name, { value: carryOut });
  }
  return SluiceService as unknown as SluiceServiceClass<Types>;
}

// As over HTTP: what goes wrong inside is logged, and told without details.
function told(error: unknown, call: unknown): SluiceError {
  const known = error instanceof SluiceError ? error : new SluiceError("internal_error", "Something went wrong here");
  if (known.status >= 500 && (known !== error || known.cause !== undefined)) {
    log.error("a call from another Worker failed", { call, code: known.code, error: known.cause ?? error });
  }
  return known;
}
