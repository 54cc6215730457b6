import { type Photon, withPhoton } from "./image-photon.ts";
import { onWhite, type Pixels } from "./image-pixels.ts";

/** What pictures are read from and written as. */
export type Format = "png" | "jpeg" | "webp";

/**
 * Decodes a picture, and lends its pixels for one synchronous call, which may change but not keep them: they are in
 * WASM memory. That takes up to 16 bytes for each pixel, besides the file.
 * @throws WebAssembly.RuntimeError for a picture that is broken, or of a kind that photon does not know.
 */
export function decode<Result>(file: Uint8Array, use: (pixels: Pixels) => Result): Result {
  return withPhoton((photon) => {
    const image = photon.decode(copyIn(photon, file), file.byteLength);
    const width = photon.width(image);
    const height = photon.height(image);
    const [at, bytes] = photon.rgba(image);
    photon.freeImage(image, 0);
    try {
      return use({ width, height, rgba: viewOf(photon, at, bytes) });
    } finally {
      photon.free(at, bytes, 1);
    }
  });
}

/**
 * A picture as a file without metadata: PNG, lossless WebP, or JPEG, for which what is transparent becomes white.
 * @param quality Of a JPEG, 1 to 100.
 */
export function encode(pixels: Pixels, format: Format, quality: number): Uint8Array<ArrayBuffer> {
  const { width, height, rgba } = format === "jpeg" ? onWhite(pixels) : pixels;
  return withPhoton((photon) => {
    const image = photon.wrap(copyIn(photon, rgba), rgba.byteLength, width, height);
    const [at, bytes] = format === "jpeg" ? photon.jpeg(image, quality) : photon[format](image);
    photon.freeImage(image, 0);
    const file = viewOf(photon, at, bytes).slice();
    photon.free(at, bytes, 1);
    return file;
  });
}

function copyIn(photon: Photon, bytes: Pixels["rgba"]): number {
  const at = photon.allocate(bytes.byteLength, 1);
  viewOf(photon, at, bytes.byteLength).set(bytes);
  return at;
}

// WASM has no unsigned integers: an address above 2 GB comes out as a negative one.
function viewOf({ memory }: Photon, at: number, bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(memory.buffer, at >>> 0, bytes);
}
