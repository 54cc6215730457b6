import type { Area, Dimensions } from "./image-fit.ts";
import type { Pixels } from "./image-pixels.ts";

/** One line of the result, as a weighted sum of lines of the source that lie side by side. */
interface Tap {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * Scales part of a picture down, by convolution with the Catmull-Rom kernel: first by columns, then by rows. It needs
 * one line of the source in floating point besides the result, where a library that scales the whole picture first in
 * one direction would need several times the picture.
 * @param source Premultiplied, unless it is opaque. So is the result.
 */
export function resample(source: Pixels, area: Area, { width, height }: Dimensions): Pixels {
  const columns = taps(area.width, width);
  const rgba = new Uint8ClampedArray(width * height * 4);
  const line = new Float32Array(area.width * 4);
  for (const [y, row] of taps(area.height, height).entries()) {
    line.fill(0);
    for (const [nth, weight] of row.weights.entries()) {
      const start = ((area.top + row.first + nth) * source.width + area.left) * 4;
      addWeighted(line, source.rgba.subarray(start, start + line.length), weight);
    }
    shrinkLine(line, columns, rgba.subarray(y * width * 4, (y + 1) * width * 4));
  }
  return { width, height, rgba };
}

function addWeighted(line: Float32Array, source: Pixels["rgba"], weight: number): void {
  for (let at = 0; at < line.length; at++) line[at] = (line[at] as number) + weight * (source[at] as number);
}

function shrinkLine(line: Float32Array, columns: readonly Tap[], result: Uint8ClampedArray): void {
  let to = 0;
  for (const { first, weights } of columns) {
    for (let channel = 0; channel < 4; channel++, to++) {
      let sum = 0;
      for (let nth = 0, at = first * 4 + channel; nth < weights.length; nth++, at += 4) {
        sum += (weights[nth] as number) * (line[at] as number);
      }
      result[to] = sum;
    }
  }
}

/** The kernel is widened to the scale, so that each source line counts; it is cut off at the edges. */
function taps(from: number, to: number): Tap[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, nth) => {
    const centre = (nth + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - 2 * scale));
    const last = Math.min(from - 1, Math.floor(centre + 2 * scale));
    const weights = Array.from({ length: last - first + 1 }, (_, at) => catmullRom((first + at - centre) / scale));
    const sum = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Keys' cubic convolution with a = -1/2: 1 at 0, and 0 at all other whole numbers and beyond 2. */
function catmullRom(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}
