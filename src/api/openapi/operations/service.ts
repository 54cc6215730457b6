import { z } from "zod";
import type { Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const page = z.string();
const again = z.object({ "If-None-Match": z.string().optional() });
const unchanged = { description: "The caller has it already.", headers: ["ETag"] } as const;
const readable = {
  description: "HTML, or plain text for who does not ask for it.",
  schema: page,
  contentType: "text/html",
};

export const service: Resource = {
  name: "Service",
  description: "About the deployment itself; without a tenant's key.",
  operations: {
    "GET /healthz": {
      id: "getHealth",
      summary: "Say whether the Worker answers",
      answers: {
        200: {
          description: "It does.",
          schema: z.strictObject({ status: z.literal("ok") }),
          example: { status: "ok" },
        },
      },
    },
    "GET /metrics": {
      id: "getMetrics",
      summary: "Metrics of all tenants for Prometheus",
      answers: {
        200: {
          description: "The text format of Prometheus, version 0.0.4.",
          schema: page,
          contentType: "text/plain",
        },
      },
    },
    "GET /openapi.json": {
      id: "getOpenApi",
      summary: "This document",
      headers: again,
      answers: {
        200: {
          description: "OpenAPI 3.1.",
          schema: z.looseObject({ openapi: z.string() }),
          example: { openapi: "3.1.0" },
          headers: ["ETag"],
        },
        304: unchanged,
      },
    },
    "GET /docs": {
      id: "getReference",
      summary: "This document as a page to read",
      headers: again,
      answers: {
        200: {
          description: "HTML that loads nothing but its style sheet.",
          schema: page,
          contentType: "text/html",
          headers: ["ETag"],
        },
        304: unchanged,
      },
    },
    "GET /docs/style.css": {
      id: "getStyleSheet",
      summary: "The style sheet of the pages",
      headers: again,
      answers: {
        200: { description: "CSS.", schema: page, contentType: "text/css", headers: ["ETag"] },
        304: unchanged,
      },
    },
    "GET /problems": {
      id: "listProblems",
      summary: "All problems that a response may tell of",
      answers: { 200: readable },
    },
    "GET /problems/:code": {
      id: "getProblem",
      summary: "What a problem is, and what to do about it",
      description: "The `type` of every problem leads here.",
      path: pathOf("code", "The problem's `code`.", "not_found"),
      answers: { 200: readable },
      problems: ["not_found"],
    },
    "GET /dashboard/assets/:name": {
      id: "getDashboardFile",
      summary: "A file of the dashboard, which is the page at `/dashboard`",
      path: pathOf("name", "The file's name, which changes with its content.", "main.js"),
      answers: {
        200: { description: "The file.", schema: page, contentType: "application/octet-stream", headers: ["ETag"] },
      },
      problems: ["not_found"],
    },
  },
};
