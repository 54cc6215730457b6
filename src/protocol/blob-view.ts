import { z } from "zod";
import { type View, viewTimeSchema } from "./view.ts";

export const blobViewSchema = z
  .strictObject({
    id: z.string(),
    contentType: z.string(),
    bytes: z.int(),
    createdAt: viewTimeSchema,
    usableUntil: viewTimeSchema.describe(
      "Jobs enqueued until then may name it; it is then kept for as long as any of them.",
    ),
  })
  .meta({ id: "Blob", description: 'A blob as callers see it. A payload names it as `{ "blob": id }`.' });

export type BlobView = View<typeof blobViewSchema>;
