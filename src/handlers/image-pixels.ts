/** A picture in memory: four bytes for each pixel (red, green, blue, alpha), row by row from the top left. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array | Uint8ClampedArray;
}

/** Whether nothing shines through. */
export function isOpaque({ rgba }: Pixels): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}

/**
 * Multiplies the colours by their alpha, in place. Pixels must be averaged like this: the colour of one that cannot be
 * seen, often black, would else darken the edges of what can.
 */
export function premultiply({ rgba }: Pixels): void {
  eachPixel(rgba, (colour, alpha) => Math.round((colour * alpha) / 255));
}

/** Undoes `premultiply`, in place. */
export function unpremultiply({ rgba }: Pixels): void {
  eachPixel(rgba, (colour, alpha) => (alpha === 0 ? 0 : Math.min(255, Math.round((colour * 255) / alpha))));
}

/** The picture as it looks on white paper, for a format that has no transparency. */
export function onWhite(pixels: Pixels): Pixels {
  if (isOpaque(pixels)) return pixels;
  const rgba = pixels.rgba.slice();
  eachPixel(rgba, (colour, alpha) => Math.round((colour * alpha) / 255 + 255 - alpha));
  for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
  return { ...pixels, rgba };
}

function eachPixel(rgba: Pixels["rgba"], change: (colour: number, alpha: number) => number): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] as number;
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) rgba[channel] = change(rgba[channel] as number, alpha);
  }
}
