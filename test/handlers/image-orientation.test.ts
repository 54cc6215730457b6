import { describe, expect, it } from "vitest";
import { orientationOf } from "../../src/handlers/image-orientation.ts";
import { converted, difference, KART, oriented, type Part, pixelsOf, statistics } from "../support/pictures.ts";
import { made, makeThumbnails } from "../support/pictures-thumbnails.ts";

/** Of 400 × 266 pixels, with four corners of different colours. */
const PHOTO = KART;

// Which stored corner (0 top left, then clockwise) is seen top left, top right, bottom right and bottom left.
const SEEN: readonly [orientation: number, corners: readonly number[]][] = [
  [1, [0, 1, 2, 3]],
  [2, [1, 0, 3, 2]],
  [3, [2, 3, 0, 1]],
  [4, [3, 2, 1, 0]],
  [5, [0, 3, 2, 1]],
  [6, [3, 0, 1, 2]],
  [7, [2, 1, 0, 3]],
  [8, [1, 2, 3, 0]],
];

const CORNERS: readonly Part[] = [
  [0, 0, 0.15, 0.15],
  [0.85, 0, 1, 0.15],
  [0.85, 0.85, 1, 1],
  [0, 0.85, 0.15, 1],
];

/** The place of the number in a list that is nearest. */
function nearest(value: number, list: readonly number[]): number {
  const distances = list.map((other) => Math.abs(other - value));
  return distances.indexOf(Math.min(...distances));
}

async function corners(file: typeof KART): Promise<number[]> {
  const pixels = await pixelsOf(file);
  return CORNERS.map((part) => statistics(pixels, part).mean.reduce((sum, mean) => sum + mean, 0));
}

describe.each(SEEN)("a photo with an EXIF orientation of %i", (orientation, seen) => {
  const photo = oriented(PHOTO, orientation);

  it("has its corners where a viewer shows them", async () => {
    const stored = await corners(PHOTO);
    const thumbnail = await made(photo, { sizes: [{ width: 200 }], formats: ["png"] });
    expect((await corners(thumbnail)).map((corner) => nearest(corner, stored))).toEqual(seen);
  });

  it("is measured, fitted and cut as it is seen", async () => {
    const sizes = [{ width: 100 }, { width: 50, height: 100, fit: "cover" as const }];
    const { source, thumbnails } = (await makeThumbnails(photo, { sizes })).result;
    const [width, height] = orientation < 5 ? [400, 266] : [266, 400];
    expect(source).toMatchObject({ width, height });
    expect(thumbnails).toMatchObject([
      { width: 100, height: Math.round((100 * height) / width) },
      { width: 50, height: 100 },
    ]);
  });

  it.each([
    ["inside", "scale-down"],
    ["cover", "cover"],
  ] as const)("looks as libvips makes it (%s)", async (fit, theirs) => {
    const size = { width: 80, height: 80 };
    const thumbnail = await pixelsOf(await made(photo, { sizes: [{ ...size, fit }], formats: ["png"] }));
    const expected = await pixelsOf(await converted(photo, "image/png", { ...size, fit: theirs }));
    // Not nearer, since libvips halves a JPEG while it decodes. Turned otherwise, it differs by more than 30.
    expect(difference(thumbnail, expected)).toBeLessThan(6);
  });
});

it.each([0, 9, 6.5, undefined])("an orientation of %s is none", (tag) => {
  expect(orientationOf(tag)).toBe(1);
});
