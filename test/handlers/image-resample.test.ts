import { expect, it } from "vitest";
import { type Pixels, premultiply, unpremultiply } from "../../src/handlers/image-pixels.ts";
import { resample } from "../../src/handlers/image-resample.ts";
import { converted, difference, HERO, pixelsOf, statistics } from "../support/pictures.ts";
import { writePng } from "../support/pictures-png.ts";
import { made } from "../support/pictures-thumbnails.ts";

const whole = ({ width, height }: Pixels) => ({ left: 0, top: 0, width, height });

/** A picture from what each pixel is. */
function drawn(width: number, height: number, pixel: (x: number, y: number) => readonly number[]): Pixels {
  const rgba = new Uint8Array(width * height * 4);
  for (let at = 0; at < width * height; at++) rgba.set(pixel(at % width, Math.floor(at / width)), at * 4);
  return { width, height, rgba };
}

it("leaves a picture as it is when its size stays", () => {
  const picture = drawn(17, 9, (x, y) => [x * 15, y * 28, (x * y) % 256, 255]);
  expect([...resample(picture, whole(picture), picture).rgba]).toEqual([...picture.rgba]);
});

it("keeps one colour", () => {
  const picture = drawn(97, 61, () => [12, 200, 255, 128]);
  const { rgba } = resample(picture, whole(picture), { width: 13, height: 7 });
  expect(rgba).toEqual(new Uint8ClampedArray(13 * 7 * 4).map((_, at) => [12, 200, 255, 128][at % 4]!));
});

it("counts each pixel: a fine pattern becomes its mean", () => {
  const stripes = drawn(300, 300, (x) => (x % 2 === 0 ? [255, 0, 255, 255] : [0, 255, 0, 255]));
  const { mean, deviation } = statistics(
    resample(stripes, whole(stripes), { width: 20, height: 20 }),
    [0.1, 0, 0.9, 1],
  );
  for (const channel of [0, 1, 2]) {
    expect(mean[channel]).toBeCloseTo(127.5, -0.5);
    expect(deviation[channel]).toBeLessThan(2);
  }
});

it("takes a part of a picture and nothing beside it", () => {
  const halves = drawn(40, 20, (x) => (x < 20 ? [255, 0, 0, 255] : [0, 0, 255, 255]));
  const { rgba } = resample(halves, { left: 20, top: 5, width: 20, height: 10 }, { width: 4, height: 2 });
  expect(rgba).toEqual(new Uint8ClampedArray(4 * 2 * 4).map((_, at) => [0, 0, 255, 255][at % 4]!));
});

it.each([50, 333, 900])("scales a photo as libvips does, to %i pixels", async (width) => {
  const thumbnail = await pixelsOf(await made(HERO, { sizes: [{ width }], formats: ["png"] }));
  expect(difference(thumbnail, await pixelsOf(await converted(HERO, "image/png", { width })))).toBeLessThan(2);
});

it("does not let the colour of invisible pixels shine through", async () => {
  const disc = drawn(90, 90, (x, y) => (Math.hypot(x - 45, y - 45) < 30 ? [255, 0, 0, 255] : [0, 255, 0, 0]));
  const thumbnail = await pixelsOf(await made(await writePng(disc), { sizes: [{ width: 21 }], formats: ["png"] }));
  for (let at = 0; at < thumbnail.rgba.length; at += 4) {
    const [red, green, , alpha] = thumbnail.rgba.subarray(at, at + 4);
    if (alpha! > 8) expect([red, green]).toEqual([255, 0]);
  }
});

it("takes back what it has multiplied by alpha", () => {
  const picture = drawn(16, 16, (x, y) => [x * 17, y * 17, 100, 255 - x]);
  const copy = { ...picture, rgba: picture.rgba.slice() };
  premultiply(copy);
  unpremultiply(copy);
  for (const [at, value] of copy.rgba.entries()) expect(Math.abs(value - picture.rgba[at]!)).toBeLessThanOrEqual(1);
});
