import { eventQuerySchema, jobEventQuerySchema } from "../../../protocol/event-query.ts";
import { liveEventDataSchema } from "../../../protocol/live-event-view.ts";
import { JOB_ID } from "../examples.ts";
import type { Answer, Resource } from "../operation.ts";
import { jobPath, lastEventHeaders } from "../parameters.ts";

const stream: Answer = {
  description: "Server-sent events (WHATWG HTML); the schema is that of their data.",
  schema: liveEventDataSchema,
  example: {
    id: JOB_ID,
    type: "report.csv",
    queue: "default",
    state: "running",
    attempt: 1,
    at: "2027-01-31T09:00:00.025Z",
    progress: { fraction: 0.5, message: "2 of 4 shops" },
    error: null,
  },
  contentType: "text/event-stream",
};

export const events: Resource = {
  name: "Events",
  description: "What happens to jobs, as it happens.",
  operations: {
    "GET /v1/events": {
      id: "followEvents",
      summary: "Follow what happens to a tenant's jobs",
      query: eventQuerySchema,
      headers: lastEventHeaders,
      answers: { 200: stream },
      problems: ["type_not_allowed", "overloaded"],
    },
    "GET /v1/jobs/:id/events": {
      id: "followJob",
      summary: "Follow a job until it has finished",
      description: "`job.state` comes first, and says what the job is at present.",
      path: jobPath,
      query: jobEventQuerySchema,
      headers: lastEventHeaders,
      answers: { 200: stream },
      problems: ["job_not_found", "type_not_allowed", "overloaded"],
    },
  },
};
