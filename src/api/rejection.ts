import { pointer } from "../protocol/field-errors.ts";
import type { Admission, JobDraft } from "../protocol/gate.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { rateHeaders } from "./rate-headers.ts";

/**
 * What a caller is told when its jobs were not admitted.
 * @param paths where each job stands in the caller's body
 */
export function rejection(
  admission: Exclude<Admission, { kind: "admitted" }>,
  drafts: readonly JobDraft[],
  paths: readonly (readonly PropertyKey[])[],
): SluiceError {
  switch (admission.kind) {
    case "rate_limited":
    case "backlog_full":
    case "overloaded": {
      const { limit, retryAfterMs } = admission;
      const detail = `The ${limit.name} limit is ${limit.max}, and ${limit.current} is taken`;
      return new SluiceError(admission.kind, detail, { limit, retryAfterMs, headers: rateHeaders(admission.rate) });
    }
    case "storage_unavailable": {
      const { retryAfterMs, untried } = admission;
      const detail = untried ? "The database cannot be reached; nothing was stored" : "The database did not confirm";
      return new SluiceError("storage_unavailable", detail, { retryAfterMs });
    }
    case "batch_exceeds_burst":
    case "batch_exceeds_backlog":
      return new SluiceError(admission.kind, `${drafts.length} jobs at once, ${admission.max} can be admitted`);
    case "reused": {
      const path = paths[admission.index] ?? [];
      const field = admission.by === "id" ? "id" : "idempotencyKey";
      const where = pointer([...path, field]);
      const errors = [{ pointer: where, detail: "belongs to another request", code: "reused" }];
      return new SluiceError("idempotency_key_reused", `${where} belongs to another request`, { errors });
    }
    case "original_gone":
      return jobNotFound(drafts[admission.index]?.replayOf ?? "");
    case "unknown_tenant":
      return new SluiceError("tenant_not_found", "There is no such tenant");
    case "tenant_suspended":
      return new SluiceError("tenant_suspended", "The tenant is suspended");
    case "refused":
      return new SluiceError("refused", admission.message);
  }
}

/** There is no such job, or it is not the caller's. */
export function jobNotFound(id: string): SluiceError {
  return new SluiceError("job_not_found", `There is no job ${id.slice(0, 100)}`);
}
