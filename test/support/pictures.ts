import { env } from "cloudflare:workers";
import heroUrl from "exif-js/example/Bloated-Hero.jpg?inline";
import dogUrl from "exif-js/example/Bush-dog.jpg?inline";
import kartUrl from "exif-js/example/dsc_09827.jpg?inline";
import foxUrl from "../../node_modules/vega-datasets/data/ffox.png?inline";
import type { Format } from "../../src/handlers/image-codec.ts";
import type { Pixels } from "../../src/handlers/image-pixels.ts";
import { readPng } from "./pictures-png.ts";

export type File = Uint8Array<ArrayBuffer>;

/** Photos: 1024 × 576, 400 × 398 (with an EXIF orientation of 1), and 400 × 266. */
export const HERO = bytesOf(heroUrl);
export const DOG = bytesOf(dogUrl);
export const KART = bytesOf(kartUrl);
/** 100 × 100, with transparency. */
export const FOX = bytesOf(foxUrl);

function bytesOf(dataUrl: string): File {
  return Uint8Array.from(atob(dataUrl.slice(dataUrl.indexOf(",") + 1)), (character) => character.charCodeAt(0));
}

/** A picture's pixels as it is seen, decoded by libvips. */
export async function pixelsOf(file: File): Promise<Pixels> {
  return readPng(await converted(file, "image/png"));
}

/** A picture in another format, or of another size, made by libvips. */
export async function converted(
  file: File,
  format: ImageOutputOptions["format"],
  transform: ImageTransform = {},
): Promise<File> {
  const output = await env.IMAGES.input(new Blob([file]).stream())
    .transform(transform)
    .output({ format });
  return new Uint8Array(await output.response().arrayBuffer());
}

/** The picture with another value of the EXIF orientation that it has. */
export function oriented(jpeg: File, orientation: number): File {
  const copy = jpeg.slice();
  const view = new DataView(copy.buffer);
  const tiff = find(copy, "Exif\0\0") + 6;
  const little = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, little);
  for (let nth = 0; nth < view.getUint16(directory, little); nth++) {
    const entry = directory + 2 + nth * 12;
    if (view.getUint16(entry, little) !== 0x0112) continue;
    view.setUint16(entry + 8, orientation, little);
    return copy;
  }
  throw new Error("the picture has no orientation");
}

/** Where a text stands in a file, or -1. */
export function find(file: Uint8Array, text: string): number {
  const sought = new TextEncoder().encode(text);
  return file.findIndex((_, at) => sought.every((byte, nth) => file[at + nth] === byte));
}

/** What a file's first bytes say it is. */
export function signature(file: Uint8Array): Format | undefined {
  const hex = file.subarray(0, 12).toHex();
  if (hex.startsWith("89504e470d0a1a0a")) return "png";
  if (hex.startsWith("ffd8ff")) return "jpeg";
  return hex.startsWith("52494646") && hex.endsWith("57454250") ? "webp" : undefined;
}

/** A part of a picture: from left and top up to right and bottom, as fractions of its sides. */
export type Part = readonly [left: number, top: number, right: number, bottom: number];

/** Mean and standard deviation of each of the four channels, in a part of a picture. */
export function statistics(
  { width, height, rgba }: Pixels,
  [left, top, right, bottom]: Part = [0, 0, 1, 1],
): { mean: number[]; deviation: number[] } {
  const sums = [0, 1, 2, 3].map(() => ({ sum: 0, squares: 0 }));
  let count = 0;
  for (let y = Math.floor(top * height); y < bottom * height; y++) {
    for (let x = Math.floor(left * width); x < right * width; x++, count++) {
      for (const [channel, total] of sums.entries()) {
        const value = rgba[(y * width + x) * 4 + channel]!;
        total.sum += value;
        total.squares += value * value;
      }
    }
  }
  const mean = sums.map(({ sum }) => sum / count);
  const deviation = sums.map(({ sum, squares }) => Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)));
  return { mean, deviation };
}

/** The mean distance of two pictures' values, over all channels and pixels. */
export function difference(one: Pixels, other: Pixels): number {
  if (one.width !== other.width || one.height !== other.height) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (const [at, value] of one.rgba.entries()) sum += Math.abs(value - other.rgba[at]!);
  return sum / one.rgba.length;
}
