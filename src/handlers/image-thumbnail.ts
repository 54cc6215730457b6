import { z } from "zod";
import type { BlobRef, JobBlobs } from "../domain/blob.ts";
import { defineHandler, type JobContext } from "../domain/handler.ts";
import { FatalError } from "../domain/outcome.ts";
import { blobRef } from "../protocol/blob-ref.ts";
import { decode, encode, type Format } from "./image-codec.ts";
import { type Fitted, fit, type Size } from "./image-fit.ts";
import { brokenPicture, type Header, readHeader } from "./image-header.ts";
import { turned, upright } from "./image-orientation.ts";
import { isOpaque, type Pixels, premultiply, unpremultiply } from "./image-pixels.ts";
import { resample } from "./image-resample.ts";

const MOST_BYTES = 10_000_000;
/** Of all sizes together. Measured: to encode a photo of so many takes 61 MB of WASM memory. */
const MOST_THUMBNAIL_PIXELS = 3_200_000;
const MOST_SIZES = 10;
const LONGEST_SIDE = 4_096;
const DEFAULT_QUALITY = 80;

const side = z.int().min(1).max(LONGEST_SIDE).optional();

const size = z
  .strictObject({
    width: side,
    height: side,
    /** `inside` shows the whole picture, `cover` fills the size with what is in the middle. Never enlarges. */
    fit: z.enum(["inside", "cover"]).default("inside"),
  })
  .refine(({ width, height }) => width !== undefined || height !== undefined, "a size needs a width or a height")
  .refine(({ fit, width, height }) => fit === "inside" || (width !== undefined && height !== undefined), {
    path: ["fit"],
    message: '"cover" needs a width and a height',
  });

const formats = z
  .array(z.enum(["webp", "jpeg", "png"]))
  .min(1)
  .refine((formats) => new Set(formats).size === formats.length, "a format is given twice");

const input = z
  .strictObject({
    image: blobRef,
    sizes: z.array(size).min(1).max(MOST_SIZES),
    /** Each size is made in each. Default JPEG: WebP is lossless here, and several times as large for photos. */
    formats: formats.default(["jpeg"]),
    /** Of JPEGs. Default 80. */
    quality: z.int().min(1).max(100).optional(),
  })
  .refine(({ formats, quality }) => quality === undefined || formats.includes("jpeg"), {
    path: ["quality"],
    message: 'only a JPEG has a quality: add "jpeg" to the formats',
  });

/** What an `image.thumbnail` job asks for. */
export type ThumbnailRequest = z.output<typeof input>;

/** A picture that was read or written. Width and height are as seen. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly format: Format;
  readonly bytes: number;
}

/** What an `image.thumbnail` job leaves as its result. */
export interface ThumbnailResult {
  readonly source: Picture;
  /** Size by size, and in each format by format. */
  readonly thumbnails: readonly (Picture & BlobRef)[];
}

/**
 * Makes smaller pictures of one. They stand as a viewer would show the source (EXIF orientation), and carry no
 * metadata. A source that cannot be used fails the job.
 */
export const imageThumbnail = defineHandler({
  type: "image.thumbnail",
  input,
  timeout: "60s",
  perBatch: 1,
  run: makeThumbnails,
});

async function makeThumbnails(request: ThumbnailRequest, context: JobContext): Promise<ThumbnailResult> {
  const { formats, quality = DEFAULT_QUALITY } = request;
  const file = await readSource(context.blobs, request.image);
  const header = readHeader(file);
  const thumbnails: ThumbnailResult["thumbnails"][number][] = [];
  for (const pixels of shrink(file, header, request.sizes)) {
    for (const format of formats) {
      context.signal.throwIfAborted();
      const thumbnail = encode(pixels, format, quality);
      const { blob } = await context.blobs.put(thumbnail, { contentType: `image/${format}` });
      const { width, height } = pixels;
      thumbnails.push({ blob, width, height, format, bytes: thumbnail.byteLength });
    }
  }
  const source = { ...turned(header, header.orientation), format: header.format, bytes: file.byteLength };
  return { source, thumbnails };
}

async function readSource(blobs: JobBlobs, ref: BlobRef): Promise<Uint8Array> {
  const { bytes, body } = await blobs.get(ref);
  if (bytes <= MOST_BYTES) return new Response(body).bytes();
  await body.cancel();
  throw new FatalError(`the picture has ${bytes} bytes: at most ${MOST_BYTES} are taken`);
}

/**
 * One upright picture for each size. All at once, with nothing awaited: the decoded source is gone before another job of
 * the isolate can have its own.
 */
function shrink(file: Uint8Array, header: Header, sizes: readonly Size[]): Pixels[] {
  const { orientation } = header;
  const fitted = sizes.map(({ width, height, fit: how }) =>
    fit(header, { ...turned({ width, height }, orientation), fit: how }),
  );
  requireSmall(fitted);
  try {
    return decode(file, (source) => {
      if (source.width !== header.width || source.height !== header.height) throw brokenPicture(header.format);
      const hasAlpha = !isOpaque(source);
      if (hasAlpha) premultiply(source);
      return fitted.map((target) => {
        const thumbnail = resample(source, target.area, target);
        if (hasAlpha) unpremultiply(thumbnail);
        return upright(thumbnail, orientation);
      });
    });
  } catch (thrown) {
    throw thrown instanceof WebAssembly.RuntimeError ? brokenPicture(header.format, thrown) : thrown;
  }
}

function requireSmall(fitted: readonly Fitted[]): void {
  const pixels = fitted.reduce((sum, { width, height }) => sum + width * height, 0);
  if (pixels <= MOST_THUMBNAIL_PIXELS) return;
  const [asked, most] = [pixels, MOST_THUMBNAIL_PIXELS].map((pixels) => (pixels / 1_000_000).toFixed(1));
  throw new FatalError(`the thumbnails have ${asked} megapixels together: at most ${most} fit into a Worker's memory`);
}
