import { imageSize } from "image-size";
import { describe, expect, it } from "vitest";
import { toBlobId } from "../../src/domain/blob.ts";
import { fit } from "../../src/handlers/image-fit.ts";
import { imageThumbnail } from "../../src/handlers/image-thumbnail.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { converted, DOG, FOX, find, HERO, KART, pixelsOf, signature, statistics } from "../support/pictures.ts";
import { writePng } from "../support/pictures-png.ts";
import { failureOf, made, makeThumbnails } from "../support/pictures-thumbnails.ts";

const IMAGE = { blob: toBlobId(newJobId()) };
const SIZES = [{ width: 100 }];

const problems = (payload: unknown) =>
  imageThumbnail.input.safeParse(payload).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ??
  [];

describe("a payload", () => {
  it.each([
    { image: IMAGE, sizes: SIZES },
    { image: IMAGE, sizes: [{ height: 1 }, { width: 4_096, height: 4_096, fit: "cover" }], formats: ["png", "webp"] },
    { image: IMAGE, sizes: [{ width: 1, fit: "inside" }], formats: ["jpeg"], quality: 1 },
  ])("is taken: %j", (payload) => {
    expect(problems(payload)).toEqual([]);
  });

  it.each([
    ["sizes.0: a size needs a width or a height", { sizes: [{}] }],
    ['sizes.1.fit: "cover" needs a width and a height', { sizes: [{ width: 1 }, { width: 1, fit: "cover" }] }],
    ["sizes.0.width: Too small: expected number to be >=1", { sizes: [{ width: 0 }] }],
    ["sizes.0.height: Too big: expected number to be <=4096", { sizes: [{ height: 4_097 }] }],
    ["sizes.0.width: Invalid input: expected int, received number", { sizes: [{ width: 1.5 }] }],
    ["sizes: Too small: expected array to have >=1 items", { sizes: [] }],
    ["sizes: Too big: expected array to have <=10 items", { sizes: Array.from({ length: 11 }, () => ({ width: 1 })) }],
    ["formats: Too small: expected array to have >=1 items", { sizes: SIZES, formats: [] }],
    ["formats: a format is given twice", { sizes: SIZES, formats: ["png", "png"] }],
    ['formats.0: Invalid option: expected one of "webp"|"jpeg"|"png"', { sizes: SIZES, formats: ["gif"] }],
    ["quality: Too big: expected number to be <=100", { sizes: SIZES, formats: ["jpeg"], quality: 101 }],
    ['quality: only a JPEG has a quality: add "jpeg" to the formats', { sizes: SIZES, formats: ["png"], quality: 50 }],
    ["image.blob: must be the id of a blob, blob_…", { image: { blob: "pier.jpg" }, sizes: SIZES }],
  ])("is refused, saying %s", (problem, payload) => {
    expect(problems({ image: IMAGE, ...payload })).toEqual([problem]);
  });
});

describe("thumbnails", () => {
  it("come size by size and format by format, as the result tells", async () => {
    const sizes = [{ width: 320 }, { width: 60, height: 90, fit: "cover" as const }];
    const { result, files, contentTypes } = await makeThumbnails(HERO, { sizes, formats: ["webp", "jpeg", "png"] });
    expect(result.source).toEqual({ width: 1_024, height: 576, format: "jpeg", bytes: HERO.byteLength });
    const order = result.thumbnails.map(({ width, height, format }) => `${width} × ${height} ${format}`);
    expect(order).toEqual([
      "320 × 180 webp",
      "320 × 180 jpeg",
      "320 × 180 png",
      "60 × 90 webp",
      "60 × 90 jpeg",
      "60 × 90 png",
    ]);
    for (const [nth, file] of files.entries()) {
      const { width, height, format, bytes } = result.thumbnails[nth]!;
      expect(imageSize(file)).toMatchObject({ width, height });
      expect([signature(file), file.byteLength]).toEqual([format, bytes]);
    }
    expect(contentTypes).toEqual(["image/webp", "image/jpeg", "image/png", "image/webp", "image/jpeg", "image/png"]);
  });

  it.each([
    ["png", HERO],
    ["jpeg", DOG],
    ["webp", KART],
  ] as const)("show as %s what the source shows", async (format, photo) => {
    const thumbnail = await pixelsOf(await made(photo, { sizes: [{ width: 120 }], formats: [format] }));
    for (const part of [
      [0, 0, 1, 1],
      [0, 0, 0.5, 0.5],
      [0.5, 0, 1, 0.5],
      [0, 0.5, 0.5, 1],
      [0.5, 0.5, 1, 1],
    ] as const) {
      const seen = statistics(thumbnail, part);
      const expected = statistics(await pixelsOf(photo), part);
      for (const channel of [0, 1, 2]) {
        expect(Math.abs(seen.mean[channel]! - expected.mean[channel]!)).toBeLessThan(3);
        expect(seen.deviation[channel]).toBeGreaterThan(expected.deviation[channel]! * 0.7);
      }
    }
  });

  it.each(["png", "jpeg", "webp"] as const)("are made of a %s, whatever its blob's content type is", async (format) => {
    const source = await converted(KART, `image/${format}`);
    const { result } = await makeThumbnails(source, { sizes: [{ height: 50 }] }, "application/octet-stream");
    expect(result).toMatchObject({
      source: { format, width: 400 },
      thumbnails: [{ width: 75, height: 50, format: "jpeg" }],
    });
  });

  it.each(["png", "webp"] as const)("keep transparency as %s", async (format) => {
    const source = await pixelsOf(FOX);
    const thumbnail = await pixelsOf(await made(FOX, { sizes: [{ width: 50 }], formats: [format] }));
    const corner = [0, 0, 0.05, 0.05] as const;
    expect([source, thumbnail].map((pixels) => statistics(pixels, corner).mean[3])).toEqual([0, 0]);
    expect(Math.abs(statistics(thumbnail).mean[3]! - statistics(source).mean[3]!)).toBeLessThan(3);
  });

  it("are white as JPEG where the source is transparent", async () => {
    const thumbnail = await pixelsOf(await made(FOX, { sizes: [{ width: 50 }], formats: ["jpeg"] }));
    for (const channel of [0, 1, 2])
      expect(statistics(thumbnail, [0, 0, 0.05, 0.05]).mean[channel]).toBeGreaterThan(250);
  });

  it("are never larger than the source", async () => {
    const sizes = [{ width: 4_000 }, { height: 300 }, { width: 200, height: 400, fit: "cover" as const }];
    const { result } = await makeThumbnails(FOX, { sizes });
    expect(result.thumbnails.map(({ width, height }) => [width, height])).toEqual([
      [100, 100],
      [100, 100],
      [50, 100],
    ]);
  });

  it("that cover a size show the middle", async () => {
    const square = await pixelsOf(
      await made(HERO, { sizes: [{ width: 72, height: 72, fit: "cover" }], formats: ["png"] }),
    );
    const { area } = fit({ width: 1_024, height: 576 }, { width: 72, height: 72, fit: "cover" });
    const middle = [area.left / 1_024, 0, (area.left + area.width) / 1_024, 1] as const;
    const [seen, expected] = [statistics(square), statistics(await pixelsOf(HERO), middle)];
    for (const channel of [0, 1, 2]) expect(Math.abs(seen.mean[channel]! - expected.mean[channel]!)).toBeLessThan(2);
  });

  it.each(["png", "jpeg", "webp"] as const)("carry no metadata as %s", async (format) => {
    expect(find(DOG, "Exif")).toBeGreaterThan(0);
    const thumbnail = await made(DOG, { sizes: [{ width: 200 }], formats: [format] });
    expect(["Exif", "EXIF", "eXIf", "ICC", "XMP", "http"].filter((mark) => find(thumbnail, mark) !== -1)).toEqual([]);
  });

  it("are smaller as JPEG of a lower quality", async () => {
    const [low, middle, high] = await Promise.all(
      [20, undefined, 95].map((quality) =>
        made(HERO, { sizes: [{ width: 300 }], formats: ["jpeg"], ...(quality && { quality }) }),
      ),
    );
    expect(low!.byteLength).toBeLessThan(middle!.byteLength / 2);
    expect(high!.byteLength).toBeGreaterThan(middle!.byteLength * 1.5);
  });

  it("stop when the attempt's time is up", async () => {
    const attempt = new AbortController();
    const kept: string[] = [];
    const blobs = {
      get: async () => ({ contentType: "image/jpeg", bytes: DOG.byteLength, body: new Blob([DOG]).stream() }),
      put: async (_: unknown, { contentType }: { contentType: string }) => {
        kept.push(contentType);
        attempt.abort(new Error("time is up"));
        return IMAGE;
      },
    };
    const payload = imageThumbnail.input.parse({ image: IMAGE, sizes: SIZES, formats: ["png", "webp"] });
    const run = imageThumbnail.run(payload as never, { blobs, signal: attempt.signal } as never);
    await expect(run).rejects.toThrow("time is up");
    expect(kept).toEqual(["image/png"]);
  });
});

describe("a source fails the job at once", () => {
  const text = (content: string) => new TextEncoder().encode(content);
  const gif = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), (c) => c.charCodeAt(0));

  it.each([
    ["a GIF", "the source is a GIF file: PNG, JPEG and WebP are accepted", gif],
    ["a text", "the source is not a picture, or a broken one: PNG, JPEG and WebP are accepted", text("a,b\n1,2\n")],
    ["empty", "the source is not a picture, or a broken one: PNG, JPEG and WebP are accepted", text("")],
    ["cut off", "the jpeg is broken, or of a kind that is not supported", DOG.slice(0, 40_000)],
    [
      "cut off in its header",
      "the source is not a picture, or a broken one: PNG, JPEG and WebP are accepted",
      DOG.slice(0, 900),
    ],
    ["a PNG that is cut off", "the png is broken, or of a kind that is not supported", FOX.slice(0, 9_000)],
    [
      "a PNG in which a byte has changed",
      "the png is broken, or of a kind that is not supported",
      FOX.with(5_000, FOX[5_000]! ^ 1),
    ],
  ])("when it is %s", async (_, message, source) => {
    expect(await failureOf(source as typeof DOG, { sizes: SIZES })).toBe(message);
  });

  it("when it is a WebP that is cut off", async () => {
    const source = (await converted(KART, "image/webp")).slice(0, 5_000);
    expect(await failureOf(source, { sizes: SIZES })).toBe("the webp is broken, or of a kind that is not supported");
  });

  it("when it has more pixels than fit into memory", async () => {
    const dot = { width: 1, height: 1, rgba: new Uint8Array(4) };
    const bomb = await writePng(dot, { width: 60_000, height: 60_000 });
    expect(await failureOf(bomb, { sizes: SIZES })).toBe(
      "the picture has 3600.0 megapixels (60000 × 60000): at most 5 fit into a Worker's memory",
    );
  });

  it("when it has too many bytes, unread", async () => {
    let pulls = 0;
    const body = new ReadableStream(
      { pull: (controller) => controller.enqueue(new Uint8Array([++pulls])) },
      { highWaterMark: 0 },
    );
    const blobs = { get: async () => ({ contentType: "image/png", bytes: 10_000_001, body }) };
    const payload = imageThumbnail.input.parse({ image: IMAGE, sizes: SIZES });
    await expect(imageThumbnail.run(payload as never, { blobs } as never)).rejects.toThrow(
      "the picture has 10000001 bytes: at most 10000000 are taken",
    );
    expect(pulls).toBe(0);
  });

  it("when there is no such blob", async () => {
    expect(await failureOf(undefined, { sizes: SIZES })).toMatch(/^there is no blob blob_/);
  });

  it("when its thumbnails have too many pixels together", async () => {
    const source = await converted(HERO, "image/jpeg", { width: 2_000, height: 1_125, fit: "cover" });
    const sizes = [{ width: 2_000 }, { width: 1_400 }];
    expect(await failureOf(source, { sizes })).toBe(
      "the thumbnails have 3.4 megapixels together: at most 3.2 fit into a Worker's memory",
    );
  });
});
