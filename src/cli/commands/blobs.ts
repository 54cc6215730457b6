import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { BlobView } from "../../protocol/blob-view.ts";
import { usageError } from "../cli-error.ts";
import { connect } from "../connection.ts";
import { type ItemView, showItem, timeText } from "../item-view.ts";
import { addResource } from "../resource.ts";
import { printJson } from "../terminal.ts";

const NOUNS = ["blob", "blobs"] as const;

const BLOB: ItemView<BlobView> = {
  nouns: NOUNS,
  columns: [
    { name: "blob", text: ({ id }) => id },
    { name: "type", text: ({ contentType }) => contentType },
    { name: "bytes", text: ({ bytes }) => String(bytes) },
    { name: "name it until", text: ({ usableUntil }) => timeText(usableUntil) },
  ],
};

/** `sluice blobs`: files for jobs, and those that jobs make. */
export function addBlobs(program: Command): void {
  const blobs = addResource(program, {
    name: "blobs",
    description: "files for jobs, and those that jobs make",
    nouns: NOUNS,
    subject: ["id", "the blob's id, as a payload or a result names it"],
    connect: async (command) => (await connect(command)).blobs,
  });
  blobs
    .one(
      "put",
      'upload a file; a payload then names it as {"blob":"<id>"}',
      async (api, file, { type }: { readonly type?: string }) =>
        api.put(await opened(file), type === undefined ? {} : { contentType: type }),
      showItem(BLOB),
      ["file", "the file's path"],
    )
    .option("--type <type>", "its content type (default: application/octet-stream)");
  blobs
    .one(
      "get",
      "download a blob",
      async (api, id, { out }: { readonly out: string }) => {
        const blob = await api.get(id);
        await writeFile(out, blob.stream());
        return { id, contentType: blob.type, bytes: blob.size, file: out };
      },
      (got, { json }) => {
        if (json) printJson(got);
        else console.log(`${got.bytes} bytes of ${got.contentType} in ${got.file}`);
      },
    )
    .requiredOption("--out <path>", "the file that it is written to");
}

async function opened(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (cause) {
    throw usageError(`${path} cannot be read`, { cause });
  }
}
