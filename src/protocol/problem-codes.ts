export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What the caller can do about it. */
  readonly advice: string;
}

/** Every `code` that a response may carry. Codes are stable: they are never renamed or given another meaning. */
export const PROBLEMS = {
  malformed_json: { status: 400, title: "Malformed JSON", advice: "Send a body that is valid JSON." },
  invalid_cursor: {
    status: 400,
    title: "Invalid cursor",
    advice: "Use a cursor as it was given, with the filters of the list that gave it; or begin again without one.",
  },
  invalid_parameter: { status: 400, title: "Invalid parameter", advice: "Correct the parameter that is named." },
  unauthorized: { status: 401, title: "Unauthorized", advice: "Send a valid key: `Authorization: Bearer slk_…`." },
  webhook_rejected: {
    status: 401,
    title: "Webhook rejected",
    advice: "Check the endpoint's provider and secret, and that nothing on the way changes the body.",
  },
  insufficient_scope: {
    status: 403,
    title: "Insufficient scope",
    advice: "Use a key with the scope that `WWW-Authenticate` names.",
  },
  type_not_allowed: {
    status: 403,
    title: "Job type not allowed",
    advice: "Use a key for this job type: the detail names those that this one is for.",
  },
  tenant_suspended: {
    status: 403,
    title: "Tenant is suspended",
    advice: "Ask the operator of the deployment: nothing is lost, and it goes on when the tenant is resumed.",
  },
  operator_api_off: {
    status: 403,
    title: "Operator API is off",
    advice: "Set the secret `SLUICE_ADMIN_TOKEN` to a random text of at least 32 characters.",
  },
  not_found: { status: 404, title: "Not found", advice: "Check the path." },
  job_not_found: { status: 404, title: "Job not found", advice: "Check the id, and that the key is its tenant's." },
  blob_not_found: { status: 404, title: "Blob not found", advice: "Check the id, and that the key is its tenant's." },
  group_not_found: { status: 404, title: "Group not found", advice: "Check the id, and that the key is its tenant's." },
  plan_not_found: { status: 404, title: "Plan not found", advice: "Check the id, the route, and the key." },
  schedule_not_found: {
    status: 404,
    title: "Schedule not found",
    advice: "Check the name, and that the key is its tenant's.",
  },
  queue_not_found: {
    status: 404,
    title: "Queue not found",
    advice: "Check the name: a queue needs no settings to be used, and has none until it is given some.",
  },
  endpoint_not_found: {
    status: 404,
    title: "Endpoint not found",
    advice:
      "Check the name, and that the key is its tenant's; a webhook's sender: check the address, and that it is enabled.",
  },
  receiver_not_found: {
    status: 404,
    title: "Receiver not found",
    advice: "Check the URL: only a receiver that has answered 410 is disabled, and can be enabled again.",
  },
  alert_not_found: {
    status: 404,
    title: "Alert not found",
    advice: "Check the name, and that the key is its tenant's.",
  },
  key_not_found: { status: 404, title: "API key not found", advice: "Check the id, and that it is this tenant's." },
  tenant_not_found: { status: 404, title: "Tenant not found", advice: "Create the tenant first." },
  method_not_allowed: { status: 405, title: "Method not allowed", advice: "Use a method that `Allow` names." },
  job_not_waiting: {
    status: 409,
    title: "Job is not waiting",
    advice: "Nothing: only a scheduled or retrying job can be run earlier than it is due.",
  },
  job_not_finished: {
    status: 409,
    title: "Job is not finished",
    advice: "Wait until the job has finished, or cancel it first: only a finished job can be replayed.",
  },
  group_complete: {
    status: 409,
    title: "Group is complete",
    advice: "All of its jobs have ended; there is nothing to do.",
  },
  job_finished: { status: 409, title: "Job is finished", advice: "Nothing: a finished job does not change." },
  plan_over: {
    status: 409,
    title: "Plan is over",
    advice: "Make a new plan: this one was carried out, cancelled, or not confirmed within 24 hours.",
  },
  too_many_plans: {
    status: 409,
    title: "Too many plans",
    advice: "Wait until plans have finished, or cancel those that are no longer wanted.",
  },
  too_many_endpoints: {
    status: 409,
    title: "Too many endpoints",
    advice: "Delete endpoints that are no longer used: one can take all events of a provider.",
  },
  too_many_signing_secrets: {
    status: 409,
    title: "Too many signing secrets",
    advice:
      "Wait until the next of them has ended; or rotate with `overlap: 0`, which ends all but the new one at once.",
  },
  too_many_schedules: {
    status: 409,
    title: "Too many schedules",
    advice: "Delete schedules that are no longer needed; one schedule can enqueue a job that enqueues others.",
  },
  too_many_queues: {
    status: 409,
    title: "Too many queues",
    advice: "Give settings to a pattern instead of to each queue it matches, or delete some.",
  },
  too_many_alerts: {
    status: 409,
    title: "Too many alerts",
    advice: "Delete alerts that are no longer needed; one without a queue looks at all queues together.",
  },
  tenant_exists: { status: 409, title: "Tenant exists", advice: "Change it by `PATCH`, or use another id." },
  tenant_deleted: {
    status: 409,
    title: "Tenant is being deleted",
    advice: "Wait until it answers 404: its id can be used again then.",
  },
  key_exists: {
    status: 409,
    title: "API key exists",
    advice: "It was made before, and shown then. If it got lost, revoke it and make another, with another id.",
  },
  key_over: { status: 409, title: "API key has ended", advice: "Make a new one." },
  too_many_keys: { status: 409, title: "Too many API keys", advice: "Revoke keys that are no longer needed." },
  length_required: { status: 411, title: "Length required", advice: "Send the body with its `Content-Length`." },
  payload_too_large: { status: 413, title: "Payload too large", advice: "Send less, or a reference to it." },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    advice: "Send the `Content-Type` that the detail asks for.",
  },
  invalid_request: { status: 422, title: "Invalid request", advice: "Correct what `errors` names." },
  unknown_type: {
    status: 422,
    title: "Unknown job type",
    advice: "Use a type that this deployment has a handler for.",
  },
  not_replayable: {
    status: 422,
    title: "Job cannot be replayed",
    advice: "Enqueue a new job with a payload that the type's handler takes by now: `errors` names what it does not.",
  },
  batch_exceeds_burst: {
    status: 422,
    title: "Batch exceeds the burst",
    advice: "Send smaller batches: more jobs than the tenant's burst can never be admitted at once.",
  },
  batch_exceeds_backlog: {
    status: 422,
    title: "Batch exceeds the backlog",
    advice: "Send smaller batches: more jobs than the tenant's backlog and concurrency can never be admitted at once.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "Idempotency key reused",
    advice: "Use a new key or id for a new request; repeat a request unchanged.",
  },
  refused: { status: 422, title: "Refused by the database", advice: "Change the request: it can never be stored." },
  internal_error: { status: 500, title: "Internal error", advice: "Try again; report the request id if it stays." },
  not_configured: {
    status: 501,
    title: "Not configured",
    advice: "Whoever runs this deployment has to give it the setting that the detail names.",
  },
  rate_limited: { status: 503, title: "Rate limited", advice: "Wait for `Retry-After`, then send it again." },
  backlog_full: { status: 503, title: "Backlog full", advice: "Wait for `Retry-After`: the backlog must drain first." },
  overloaded: { status: 503, title: "Overloaded", advice: "Wait for `Retry-After`, then send it again." },
  storage_unavailable: {
    status: 503,
    title: "Storage unavailable",
    advice: "Send it again with the same id or idempotency key: it may or may not have been stored.",
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What a code stands for, or null when it is none of ours. */
export function findProblem(code: string): ProblemKind | null {
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code as ProblemCode] : null;
}
