import type { Format } from "./image-codec.ts";
import type { Dimensions } from "./image-fit.ts";

/**
 * The dimensions of all that a decoder could take for the picture in a file. A file can be made to show one header to
 * one reader and another to the next (by filling between the segments of a JPEG, or a WebP's frame that is larger than
 * its canvas), so a reader's word alone is no guard: a file of 70 KB could make the decoder take 370 MB.
 */
export function* claimedFrames(file: Uint8Array, format: Format): Generator<Dimensions> {
  switch (format) {
    case "jpeg":
      yield* jpegFrames(file);
      return;
    case "webp":
      yield* webpFrames(file);
      return;
    case "png":
      // Its header has one place, and the decoder insists on it.
      return;
  }
}

// ITU-T T.81, B.2.2: FF, C0 to CF, a length of 8 and 3 for each of 1 to 4 components, the precision, height, width.
const FRAME_LENGTHS = [11, 14, 17, 20];
// DHT, JPG and DAC, which are no frames.
const NO_FRAMES = [0xc4, 0xc8, 0xcc];
const FRAME_BYTES = 9;

function* jpegFrames(file: Uint8Array): Generator<Dimensions> {
  const view = viewOf(file);
  for (const at of indexesOf(file, 0xff, FRAME_BYTES)) {
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.includes(marker);
    if (!isFrame || !FRAME_LENGTHS.includes(view.getUint16(at + 2))) continue;
    yield { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
  }
}

// RFC 9649, 2.5 and 2.6, with RFC 6386, 9.1: the chunk's name and length, then a lossy frame's tag, start code, width
// and height, or a lossless frame's signature, width and height in 14 bits each.
const LOSSY = 0x56503820;
const LOSSLESS = 0x5650384c;
const CHUNK_BYTES = 18;

function* webpFrames(file: Uint8Array): Generator<Dimensions> {
  const view = viewOf(file);
  for (const at of indexesOf(file, 0x56, CHUNK_BYTES)) {
    const name = view.getUint32(at);
    if (name === LOSSY) {
      yield { width: view.getUint16(at + 14, true) & 0x3fff, height: view.getUint16(at + 16, true) & 0x3fff };
    } else if (name === LOSSLESS) {
      const sides = view.getUint32(at + 9, true);
      yield { width: (sides & 0x3fff) + 1, height: ((sides >> 14) & 0x3fff) + 1 };
    }
  }
}

/** Where a byte is found with at least so many bytes from there to the end. */
function* indexesOf(file: Uint8Array, byte: number, room: number): Generator<number> {
  for (let at = file.indexOf(byte); at !== -1 && at + room <= file.byteLength; at = file.indexOf(byte, at + 1))
    yield at;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
