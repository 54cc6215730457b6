import { queueRequestSchema } from "../../../protocol/queue-settings.ts";
import { queueListSchema, queueViewSchema } from "../../../protocol/queue-view.ts";
import type { Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const path = pathOf("name", 'A queue, or a pattern that ends with "/*"; its slashes are written as %2F.', "mail");

const QUEUE = {
  name: "mail",
  concurrency: 5,
  rate: { limit: 10, period: 60 },
  paused: false,
  createdAt: "2027-01-31T09:00:00.000Z",
  updatedAt: "2027-01-31T09:00:00.000Z",
};
const queue = { schema: queueViewSchema, example: QUEUE };

export const queues: Resource = {
  name: "Queues",
  description: "What the queues inside a tenant are limited to.",
  operations: {
    "GET /v1/queues": {
      id: "listQueues",
      summary: "List the queues that have settings, by name",
      answers: { 200: { description: "All of them.", schema: queueListSchema, example: { data: [QUEUE] } } },
    },
    "GET /v1/queues/:name": {
      id: "getQueue",
      summary: "Read a queue's settings",
      path,
      answers: { 200: { ...queue, description: "Its settings." } },
      problems: ["queue_not_found"],
    },
    "PUT /v1/queues/:name": {
      id: "putQueue",
      summary: "Limit a queue; what is left out is not limited",
      path,
      body: {
        schema: queueRequestSchema,
        examples: { limited: { concurrency: 5, rate: { limit: 10, period: "1m" }, paused: false } },
      },
      answers: {
        200: { ...queue, description: "They were changed, and are in force." },
        201: { ...queue, description: "They were made, and are in force." },
      },
      problems: ["too_many_queues", "overloaded"],
    },
    "DELETE /v1/queues/:name": {
      id: "deleteQueue",
      summary: "Delete a queue's settings; its jobs stay",
      path,
      answers: { 204: { description: "They are gone." } },
      problems: ["queue_not_found", "overloaded"],
    },
    "POST /v1/queues/:name/pause": {
      id: "pauseQueue",
      summary: "Pause a queue: nothing of it is started",
      path,
      answers: {
        200: { ...queue, description: "It is paused.", example: { ...QUEUE, paused: true } },
        201: { ...queue, description: "It is paused; it had no settings before.", example: { ...QUEUE, paused: true } },
      },
      problems: ["too_many_queues", "overloaded"],
    },
    "POST /v1/queues/:name/resume": {
      id: "resumeQueue",
      summary: "Resume a queue",
      path,
      answers: { 200: { ...queue, description: "It goes on." } },
      problems: ["queue_not_found", "overloaded"],
    },
  },
};
