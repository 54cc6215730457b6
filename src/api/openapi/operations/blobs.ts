import { z } from "zod";
import { blobViewSchema } from "../../../protocol/blob-view.ts";
import { JOB_ID } from "../examples.ts";
import type { Answer, Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const ID = `blob_${JOB_ID}`;
const bytes = z.file().meta({ id: "Bytes", description: "Any content of the types that the deployment takes." });

const content: Answer = {
  description: "Its content, with the type that it was uploaded with.",
  schema: bytes,
  contentType: "*/*",
  headers: ["ETag", "Accept-Ranges"],
};

export const blobs: Resource = {
  name: "Blobs",
  description: "Files for jobs, and those that jobs make.",
  operations: {
    "POST /v1/blobs": {
      id: "uploadBlob",
      summary: "Upload a blob",
      description: 'A payload names it as `{ "blob": id }`. It needs a `Content-Length`.',
      body: { schema: bytes, examples: { text: "shop,amount\nharbour,12.50\n" }, contentType: "*/*" },
      answers: {
        201: {
          description: "It is kept.",
          schema: blobViewSchema,
          example: {
            id: ID,
            contentType: "text/csv",
            bytes: 26,
            createdAt: "2027-01-31T09:00:00.000Z",
            usableUntil: "2027-02-01T09:00:00.000Z",
          },
          headers: ["Location"],
        },
      },
      problems: ["length_required", "payload_too_large", "unsupported_media_type"],
    },
    "GET /v1/blobs/:id": {
      id: "getBlob",
      summary: "Download a blob, or a part of it",
      path: pathOf("id", "The blob's id.", ID),
      headers: z.object({
        "If-Match": z.string().optional(),
        "If-None-Match": z.string().optional(),
        Range: z.string().optional().meta({ example: "bytes=0-99" }),
      }),
      answers: {
        200: content,
        206: {
          ...content,
          description: "The part that was asked for.",
          headers: ["ETag", "Accept-Ranges", "Content-Range"],
        },
        304: { description: "The caller has it already.", headers: ["ETag", "Accept-Ranges"] },
        412: { description: "It is not what `If-Match` asks for.", headers: ["ETag", "Accept-Ranges"] },
      },
      problems: ["blob_not_found"],
    },
  },
};
