import type { Pixels } from "../../src/handlers/image-pixels.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const CHANNELS = new Map([
  [0, 1],
  [2, 3],
  [4, 2],
  [6, 4],
]);

/** Reads a PNG of 8 bits that has neither a palette nor interlacing (RFC 2083). */
export async function readPng(file: Uint8Array): Promise<Pixels> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const channels = CHANNELS.get(view.getUint8(25));
  if (view.getUint8(24) !== 8 || channels === undefined || view.getUint8(28) !== 0) throw new Error("not such a PNG");
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at < file.byteLength; at += view.getUint32(at) + 12) {
    if (view.getUint32(at + 4) === 0x49444154) parts.push(file.slice(at + 8, at + 8 + view.getUint32(at)));
  }
  const lines = await new Response(new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"))).bytes();
  unfilter(lines, width * channels, channels);
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels + Math.floor(pixel / width) + 1;
    const colours = channels < 3 ? [0, 0, 0] : [0, 1, 2];
    for (const [to, channel] of colours.entries()) rgba[pixel * 4 + to] = lines[from + channel]!;
    if (channels % 2 === 0) rgba[pixel * 4 + 3] = lines[from + channels - 1]!;
  }
  return { width, height, rgba };
}

/** RFC 2083, 6: each line begins with how its bytes are predicted from the left, from above, and from above left. */
function unfilter(lines: Uint8Array, stride: number, channels: number): void {
  for (let start = 0; start < lines.length; start += stride + 1) {
    const filter = lines[start]!;
    for (let at = start + 1; at <= start + stride; at++) {
      const left = at - channels > start ? lines[at - channels]! : 0;
      const above = start > 0 ? lines[at - stride - 1]! : 0;
      const aboveLeft = start > 0 && at - channels > start ? lines[at - channels - stride - 1]! : 0;
      const predicted = [0, left, above, (left + above) >> 1, paeth(left, above, aboveLeft)][filter]!;
      lines[at] = lines[at]! + predicted;
    }
  }
}

function paeth(left: number, above: number, aboveLeft: number): number {
  const estimate = left + above - aboveLeft;
  const distances = [left, above, aboveLeft].map((value) => Math.abs(estimate - value));
  return [left, above, aboveLeft][distances.indexOf(Math.min(...distances))]!;
}

/** Writes pixels as a PNG, or as one whose header tells other dimensions than it has. */
export async function writePng(
  { width, height, rgba }: Pixels,
  told = { width, height },
): Promise<Uint8Array<ArrayBuffer>> {
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, told.width);
  new DataView(header.buffer).setUint32(4, told.height);
  header.set([8, 6], 8);
  const lines = new Uint8Array((width * 4 + 1) * height);
  for (let y = 0; y < height; y++) {
    lines.set(rgba.subarray(y * width * 4, (y + 1) * width * 4), y * (width * 4 + 1) + 1);
  }
  const packed = new Blob([lines]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = await new Response(packed).bytes();
  const chunks = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array())];
  return new Uint8Array(await new Blob([new Uint8Array(SIGNATURE), ...chunks]).arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
