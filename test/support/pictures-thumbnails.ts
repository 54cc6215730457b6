import type { z } from "zod";
import { toBlobId } from "../../src/domain/blob.ts";
import { imageThumbnail, type ThumbnailResult } from "../../src/handlers/image-thumbnail.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { MemoryBlobs } from "../../src/testing/memory-blobs.ts";
import { runHandler } from "../../src/testing/run-handler.ts";
import type { File } from "./pictures.ts";

type Options = Omit<z.input<typeof imageThumbnail.input>, "image">;

/** The result of a job that succeeds, and what it has kept. */
export async function makeThumbnails(
  source: File,
  options: Options,
  contentType = "image/jpeg",
): Promise<{ result: ThumbnailResult; files: File[]; contentTypes: string[] }> {
  const blobs = new MemoryBlobs();
  const image = await blobs.put(source, { contentType });
  const outcome = await runHandler(imageThumbnail, { image, ...options }, { blobs });
  if (outcome.kind !== "succeeded") throw new Error(`the job has not succeeded: ${JSON.stringify(outcome)}`);
  const result = outcome.result as ThumbnailResult;
  const kept = await Promise.all(result.thumbnails.map((thumbnail) => blobs.get(thumbnail)));
  const files = await Promise.all(kept.map(async ({ body }) => new Uint8Array(await new Response(body).arrayBuffer())));
  return { result, files, contentTypes: kept.map(({ contentType }) => contentType) };
}

/** The first thumbnail of a job that succeeds. */
export async function made(source: File, options: Options): Promise<File> {
  const { files } = await makeThumbnails(source, options);
  return files[0]!;
}

/** Why a job has failed for good. Without a source, the payload's blob does not exist. */
export async function failureOf(source: File | undefined, options: Options): Promise<string> {
  const blobs = new MemoryBlobs();
  const image = source ? await blobs.put(source, { contentType: "image/png" }) : { blob: toBlobId(newJobId()) };
  const outcome = await runHandler(imageThumbnail, { image, ...options }, { blobs });
  if (outcome.kind !== "failed") throw new Error(`the job has not failed: ${JSON.stringify(outcome)}`);
  return outcome.error.message;
}
