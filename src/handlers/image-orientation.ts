import type { Pixels } from "./image-pixels.ts";

/** How a picture is stored (the EXIF tag 0x0112): from 5 on, its rows are what one sees as columns. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What a header says, or 1 (as it is seen) when it says nothing that is valid. */
export function orientationOf(tag: number | undefined): Orientation {
  return tag !== undefined && Number.isInteger(tag) && tag >= 1 && tag <= 8 ? (tag as Orientation) : 1;
}

/** Width and height as seen from width and height as stored, or the other way round. */
export function turned<Side>(
  { width, height }: { readonly width: Side; readonly height: Side },
  orientation: Orientation,
): { width: Side; height: Side } {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/** A stored picture as it is to be seen. */
export function upright(stored: Pixels, orientation: Orientation): Pixels {
  if (orientation === 1) return stored;
  const { width, height, rgba } = stored;
  const from = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  const { first, right, down } = route(orientation, width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) to[first + x * right + y * down] = from[at++] as number;
  }
  return { ...turned(stored, orientation), rgba: new Uint8Array(to.buffer) };
}

/** Where the first stored pixel goes, and how far on each step to the right and down in the stored picture leads. */
function route(
  orientation: Orientation,
  width: number,
  height: number,
): { first: number; right: number; down: number } {
  const last = width * height - 1;
  switch (orientation) {
    case 1:
      return { first: 0, right: 1, down: width };
    case 2:
      return { first: width - 1, right: -1, down: width };
    case 3:
      return { first: last, right: -1, down: -width };
    case 4:
      return { first: last - width + 1, right: 1, down: -width };
    case 5:
      return { first: 0, right: height, down: 1 };
    case 6:
      return { first: height - 1, right: height, down: -1 };
    case 7:
      return { first: last, right: -height, down: -1 };
    case 8:
      return { first: last - height + 1, right: -height, down: 1 };
  }
}
