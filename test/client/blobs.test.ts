import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type ClientOptions, createClient, type Jobs } from "../../src/client/client.ts";
import type { handlers } from "../support/handlers.ts";
import { createTenant } from "../support/tenants.ts";

type Fetch = NonNullable<ClientOptions["fetch"]>;
const worker: Fetch = (request) => exports.default.fetch(request);

async function clientOf(fetch: Fetch = worker) {
  const { key } = await createTenant();
  const retry = { baseMs: 1, capMs: 5 };
  return createClient<Jobs<typeof handlers>>({ url: "https://sluice.test", key, fetch, retry });
}

const text = (blob: Blob) => blob.text();

describe("blobs of the typed client", () => {
  it("go up, through a job, and down again", async () => {
    const { blobs, jobs } = await clientOf();
    const { id } = await blobs.put("hello");
    const job = await jobs.enqueue("shout", { text: { blob: id } });
    const { result } = await jobs.wait(job.id);
    const { loud } = result as { loud: { blob: string } };
    expect(await text(await blobs.get(loud))).toBe("HELLO");
    expect(await text(await blobs.get(id))).toBe("hello");
  });

  it.each([
    ["a string", "x", undefined, "text/plain"],
    ["bytes", new Uint8Array([1]), undefined, "application/octet-stream"],
    ["a buffer", new ArrayBuffer(2), "image/png", "image/png"],
    ["a blob", new Blob(["a,b"], { type: "text/csv" }), undefined, "text/csv"],
    ["a blob without a type", new Blob(["a,b"]), undefined, "application/octet-stream"],
  ])("have the type of their content: %s", async (_, content, contentType, expected) => {
    const { blobs } = await clientOf();
    const view = await blobs.put(content, contentType === undefined ? {} : { contentType });
    expect(view).toMatchObject({ contentType: expected, bytes: new Blob([content]).size });
    expect((await blobs.get(view.id)).type).toBe(expected);
  });

  it("are sent and fetched again when the network fails", async () => {
    let calls = 0;
    const { blobs } = await clientOf(async (request) => {
      if (++calls % 2 === 0) return worker(request);
      await request.arrayBuffer();
      throw new TypeError("the connection was lost");
    });
    const { id } = await blobs.put(new Blob(["hello"]));
    expect(await text(await blobs.get(id))).toBe("hello");
    expect(calls).toBe(4);
  });

  it("that are refused or not there are errors that say why", async () => {
    const { blobs } = await clientOf();
    await expect(blobs.put("x", { contentType: "text/html" })).rejects.toMatchObject({
      code: "unsupported_media_type",
    });
    await expect(blobs.get("blob_none")).rejects.toMatchObject({ code: "blob_not_found", status: 404 });
  });
});
