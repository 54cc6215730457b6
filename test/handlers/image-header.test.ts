import { imageSize } from "image-size";
import { describe, expect, it } from "vitest";
import { readHeader } from "../../src/handlers/image-header.ts";
import { converted, DOG, type File, FOX, find, HERO, KART, oriented } from "../support/pictures.ts";

const LARGE = 8_000;
const TOO_MANY = "the picture has 64.0 megapixels (8000 × 8000): at most 5 fit into a Worker's memory";

const joined = async (...parts: (Uint8Array<ArrayBuffer> | readonly number[])[]): Promise<File> =>
  new Uint8Array(await new Blob(parts.map((part) => new Uint8Array(part))).arrayBuffer());

describe("a header", () => {
  it("tells format, dimensions and orientation", async () => {
    expect(readHeader(HERO)).toEqual({ format: "jpeg", width: 1_024, height: 576, orientation: 1 });
    expect(readHeader(oriented(KART, 6))).toEqual({ format: "jpeg", width: 400, height: 266, orientation: 6 });
    expect(readHeader(FOX)).toEqual({ format: "png", width: 100, height: 100, orientation: 1 });
    const webp = await converted(KART, "image/webp");
    expect(readHeader(webp)).toEqual({ format: "webp", width: 400, height: 266, orientation: 1 });
  });

  it("of a progressive JPEG is read too", () => {
    const progressive = DOG.with(frameOf(DOG) + 1, 0xc2);
    expect(readHeader(progressive)).toMatchObject({ width: 400, height: 398 });
  });
});

describe("a picture that is larger than it seems is refused", () => {
  it("when a JPEG shows the decoder another frame than the reader of its header", async () => {
    const large = DOG.slice();
    new DataView(large.buffer).setUint16(frameOf(DOG) + 5, LARGE);
    new DataView(large.buffer).setUint16(frameOf(DOG) + 7, LARGE);
    // A comment with a frame of 10 × 10 inside, and a stray byte behind it, over which the reader loses its way.
    const bait = [0, 2, 0xff, 0xc0, 0, 17, 8, 0, 10, 0, 10, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
    const comment = [0xff, 0xfe, 0, bait.length + 12, ...Array(10).fill(0), ...bait, 0];
    const disguised = await joined(large.slice(0, 2), comment, large.slice(2));
    expect(imageSize(disguised)).toMatchObject({ width: 10, height: 10 });
    expect(() => readHeader(disguised)).toThrow(TOO_MANY);
  });

  it("when a WebP's frame is larger than its canvas", async () => {
    const frame = (await converted(KART, "image/webp")).slice(12);
    expect(find(frame, "VP8 ")).toBe(0);
    new DataView(frame.buffer).setUint16(14, LARGE, true);
    new DataView(frame.buffer).setUint16(16, LARGE, true);
    expect(() => readHeader(canvas(frame))).toThrow(TOO_MANY);
  });

  it("when a lossless WebP's frame is larger than its canvas", () => {
    const frame = new Uint8Array(30);
    frame.set(new TextEncoder().encode("VP8L"));
    frame[8] = 0x2f;
    new DataView(frame.buffer).setUint32(9, (LARGE - 1) | ((LARGE - 1) << 14), true);
    expect(() => readHeader(canvas(frame))).toThrow(TOO_MANY);
  });
});

/** Where the frame header of a baseline JPEG stands. */
function frameOf(jpeg: Uint8Array): number {
  const view = new DataView(jpeg.buffer);
  let at = 2;
  while (view.getUint8(at + 1) !== 0xc0) at += 2 + view.getUint16(at + 2);
  return at;
}

/** An extended WebP of 10 × 10 pixels around a frame. */
function canvas(frame: Uint8Array): Uint8Array {
  const file = new Uint8Array(30 + frame.length);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode("RIFF\0\0\0\0WEBPVP8X"));
  view.setUint32(4, file.length - 8, true);
  view.setUint32(16, 10, true);
  file.set([9, 0, 0, 9, 0, 0], 24);
  file.set(frame, 30);
  return file;
}
