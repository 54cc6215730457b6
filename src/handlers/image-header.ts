import { imageSize } from "image-size";
import { FatalError } from "../domain/outcome.ts";
import type { Format } from "./image-codec.ts";
import type { Dimensions } from "./image-fit.ts";
import { claimedFrames } from "./image-frames.ts";
import { type Orientation, orientationOf } from "./image-orientation.ts";

/** Measured: 5 megapixels take up to 95 MB of WASM memory (a PNG of 16 bits; a JPEG 57 to 76), of a Worker's 128. */
const MOST_PIXELS = 5_000_000;

/** What a picture says of itself before its pixels. Width and height are as stored, not as seen. */
export interface Header extends Dimensions {
  readonly format: Format;
  readonly orientation: Orientation;
}

const FORMATS = new Map<string | undefined, Format>([
  ["png", "png"],
  ["jpg", "jpeg"],
  ["webp", "webp"],
]);
const ACCEPTED = "PNG, JPEG and WebP are accepted";

/**
 * Reads a picture's header. The type is told from its bytes.
 * @throws FatalError when it is no picture that is accepted, or when it has more than `MOST_PIXELS`.
 */
export function readHeader(file: Uint8Array): Header {
  const { type, width, height, orientation } = measure(file);
  const format = FORMATS.get(type);
  if (format === undefined) throw new FatalError(`the source is a ${type?.toUpperCase()} file: ${ACCEPTED}`);
  if (format === "webp" && isCutOff(file)) throw brokenPicture(format);
  for (const frame of [{ width, height }, ...claimedFrames(file, format)]) requireFew(frame);
  return { format, width, height, orientation: orientationOf(orientation) };
}

/** For a picture that has a good header, and cannot be decoded. */
export function brokenPicture(format: Format, cause?: unknown): FatalError {
  return new FatalError(`the ${format} is broken, or of a kind that is not supported`, { cause });
}

/** A decoder of WebP fills what is missing with grey (RFC 9649, 2.4: the length is that of all that follows it). */
function isCutOff({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  return new DataView(buffer, byteOffset).getUint32(4, true) > byteLength - 8;
}

function measure(file: Uint8Array): ReturnType<typeof imageSize> {
  try {
    return imageSize(file);
  } catch (cause) {
    throw new FatalError(`the source is not a picture, or a broken one: ${ACCEPTED}`, { cause });
  }
}

function requireFew({ width, height }: Dimensions): void {
  if (width * height <= MOST_PIXELS) return;
  const megapixels = (width * height) / 1_000_000;
  throw new FatalError(
    `the picture has ${megapixels.toFixed(1)} megapixels (${width} × ${height}): at most ${MOST_PIXELS / 1_000_000} fit into a Worker's memory`,
  );
}
