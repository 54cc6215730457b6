import { describe, expect, it } from "vitest";
import { decode, encode } from "../../src/handlers/image-codec.ts";
import { photonMemory } from "../../src/handlers/image-photon.ts";
import { DOG, difference, HERO, pixelsOf } from "../support/pictures.ts";
import { failureOf, makeThumbnails } from "../support/pictures-thumbnails.ts";

const MB = 1_048_576;

it.each(["png", "webp"] as const)("a picture is the same after it was written as %s and read", (format) => {
  decode(DOG, ({ width, height, rgba }) => {
    const picture = { width, height, rgba: rgba.slice() };
    decode(encode(picture, format, 80), (again) => expect(difference(again, picture)).toBe(0));
  });
});

it("what is read is what libvips reads, but for rounding", async () => {
  const expected = await pixelsOf(DOG);
  expect(decode(DOG, (picture) => difference(picture, expected))).toBeLessThan(1);
});

describe("WASM memory", () => {
  const sizes = [{ width: 200 }, { width: 64, height: 64, fit: "cover" as const }];

  it("does not grow over 50 jobs", async () => {
    const options = { sizes, formats: ["webp" as const, "jpeg" as const, "png" as const] };
    await makeThumbnails(HERO, options);
    const afterOne = photonMemory();
    for (let job = 0; job < 50; job++) await makeThumbnails(HERO, options);
    expect(photonMemory()).toBe(afterOne);
    expect(afterOne).toBeLessThan(20 * MB);
  });

  it("is not eaten up by broken pictures", async () => {
    for (let job = 0; job < 30; job++) await failureOf(HERO.slice(0, 200_000), { sizes });
    await makeThumbnails(HERO, { sizes });
    expect(photonMemory()).toBeLessThan(20 * MB);
  });

  it("lasts for more broken pictures than one instance could take", () => {
    const broken = DOG.subarray(0, 100);
    for (let picture = 0; picture < 5_000; picture++) expect(() => decode(broken, () => {})).toThrow("unreachable");
    expect(decode(DOG, ({ width }) => width)).toBe(400);
  });
});
