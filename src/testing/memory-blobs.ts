import { type BlobContent, type BlobInput, type BlobRef, type JobBlobs, toBlobId } from "../domain/blob.ts";
import { FatalError } from "../domain/outcome.ts";
import { newJobId } from "../protocol/new-job-id.ts";

/** A tenant's blobs in memory, for handlers that are tested by themselves. */
export class MemoryBlobs implements JobBlobs {
  readonly #kept = new Map<string, Blob>();

  async get({ blob: id }: BlobRef): Promise<BlobContent> {
    const blob = this.#kept.get(id);
    if (blob === undefined) throw new FatalError(`there is no blob ${id}`);
    return { contentType: blob.type, bytes: blob.size, body: blob.stream() };
  }

  async put(content: BlobInput, { contentType }: { readonly contentType: string }): Promise<BlobRef> {
    const id = toBlobId(newJobId());
    this.#kept.set(id, new Blob([content], { type: contentType }));
    return { blob: id };
  }
}
