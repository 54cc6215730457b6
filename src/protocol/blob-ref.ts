import { z } from "zod";
import { type BlobRef, isBlobId } from "../domain/blob.ts";

/** For a handler's input: a blob that was uploaded, or that another job has made. */
export const blobRef: z.ZodType<BlobRef, BlobRef> = z.object({
  blob: z.string().refine(isBlobId, "must be the id of a blob, blob_…"),
});
