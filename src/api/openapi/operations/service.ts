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
  description: "About the deployment itself; without a key.",
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
  },
};
