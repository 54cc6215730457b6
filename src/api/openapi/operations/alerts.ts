import { alertListSchema, alertViewSchema } from "../../../protocol/alert-view.ts";
import { alertRequestSchema } from "../../../protocol/alerts.ts";
import type { Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const path = pathOf("name", "The alert's name.", "failing");

const ALERT = {
  name: "failing",
  measure: "failure_ratio",
  queue: "mail",
  threshold: 0.1,
  window: 600,
  minEvents: 20,
  url: "https://example.com/hook",
  state: "ok",
  since: "2027-01-31T09:00:00.000Z",
  value: null,
  jobId: null,
  createdAt: "2027-01-31T09:00:00.000Z",
  updatedAt: "2027-01-31T09:00:00.000Z",
};
const alert = { schema: alertViewSchema, example: ALERT };

const FAILING = {
  measure: "failure_ratio",
  queue: "mail",
  threshold: 0.1,
  window: "10m",
  minEvents: 20,
  url: "https://example.com/hook",
};
const LATE = { measure: "oldest_due_age", threshold: "5m", url: "https://example.com/hook" };

export const alerts: Resource = {
  name: "Alerts",
  description: "Who is told, by a signed delivery, when jobs wait too long, fail too often, or are answered with 503s.",
  operations: {
    "GET /v1/alerts": {
      id: "listAlerts",
      summary: "List alerts, by name",
      answers: { 200: { description: "All of them.", schema: alertListSchema, example: { data: [ALERT] } } },
    },
    "GET /v1/alerts/:name": {
      id: "getAlert",
      summary: "Read an alert",
      path,
      answers: { 200: { ...alert, description: "The alert, and its state." } },
      problems: ["alert_not_found"],
    },
    "PUT /v1/alerts/:name": {
      id: "putAlert",
      summary: "Make an alert, or change it into this",
      path,
      body: { schema: alertRequestSchema, examples: { failing: FAILING, late: LATE } },
      answers: {
        200: { ...alert, description: "It was changed." },
        201: { ...alert, description: "It was made." },
      },
      problems: ["too_many_alerts"],
    },
    "DELETE /v1/alerts/:name": {
      id: "deleteAlert",
      summary: "Delete an alert",
      path,
      answers: { 204: { description: "It is gone." } },
      problems: ["alert_not_found"],
    },
  },
};
