import { endpointRequestSchema, rotateEndpointSchema } from "../../../inbound/endpoint-request.ts";
import { endpointListSchema, endpointViewSchema, rejectionListSchema } from "../../../protocol/endpoint-view.ts";
import { ENDPOINT_ID } from "../examples.ts";
import type { Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const path = pathOf("name", "The endpoint's name.", "github");

const ENDPOINT = {
  name: "github",
  id: ENDPOINT_ID,
  url: `https://sluice.acme.workers.dev/in/${ENDPOINT_ID}`,
  provider: "github",
  scheme: null,
  type: "report.csv",
  queue: "hooks",
  priority: 1,
  events: ["push"],
  disabled: false,
  previousSecretUntil: null,
  createdAt: "2027-01-31T09:00:00.000Z",
  updatedAt: "2027-01-31T09:00:00.000Z",
};
const endpoint = { schema: endpointViewSchema, example: ENDPOINT };

const ROTATED = { ...ENDPOINT, previousSecretUntil: "2027-01-31T10:00:00.000Z" };

export const endpoints: Resource = {
  name: "Endpoints",
  description: "Public addresses that verify the webhooks of a provider, and make a job of each.",
  operations: {
    "GET /v1/endpoints": {
      id: "listEndpoints",
      summary: "List endpoints, by name",
      answers: { 200: { description: "All of them.", schema: endpointListSchema, example: { data: [ENDPOINT] } } },
    },
    "GET /v1/endpoints/:name": {
      id: "getEndpoint",
      summary: "Read an endpoint, without its secrets",
      path,
      answers: { 200: { ...endpoint, description: "The endpoint." } },
      problems: ["endpoint_not_found", "type_not_allowed"],
    },
    "PUT /v1/endpoints/:name": {
      id: "putEndpoint",
      summary: "Make an endpoint, or set it to this; its address stays",
      path,
      body: {
        schema: endpointRequestSchema,
        examples: {
          github: {
            provider: "github",
            secret: "what the provider signs with",
            type: "report.csv",
            queue: "hooks",
            priority: 1,
            events: ["push"],
            disabled: false,
          },
        },
      },
      answers: {
        200: { ...endpoint, description: "It was changed." },
        201: { ...endpoint, description: "It was made." },
      },
      problems: ["type_not_allowed", "too_many_endpoints", "not_configured"],
    },
    "DELETE /v1/endpoints/:name": {
      id: "deleteEndpoint",
      summary: "Delete an endpoint",
      path,
      answers: { 204: { description: "It is gone." } },
      problems: ["endpoint_not_found", "type_not_allowed"],
    },
    "POST /v1/endpoints/:name/rotate": {
      id: "rotateEndpointSecret",
      summary: "Give an endpoint a new secret",
      path,
      body: { schema: rotateEndpointSchema, examples: { overlapping: { secret: "another secret", overlap: "1h" } } },
      answers: { 200: { ...endpoint, description: "Both secrets are valid for a while.", example: ROTATED } },
      problems: ["endpoint_not_found", "type_not_allowed", "not_configured"],
    },
    "GET /v1/endpoints/:name/rejections": {
      id: "listRejections",
      summary: "List the newest hundred webhooks that an endpoint has refused",
      path,
      answers: {
        200: {
          description: "With the cause of each.",
          schema: rejectionListSchema,
          example: {
            data: [
              { at: "2027-01-31T09:00:00.000Z", cause: "signature_mismatch", detail: null, userAgent: null, count: 1 },
            ],
          },
        },
      },
      problems: ["endpoint_not_found", "type_not_allowed"],
    },
  },
};
