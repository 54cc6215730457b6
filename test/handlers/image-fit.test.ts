import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fit } from "../../src/handlers/image-fit.ts";

const LANDSCAPE = { width: 400, height: 200 };

describe("inside", () => {
  it.each([
    [{ width: 100 }, [100, 50]],
    [{ height: 100 }, [200, 100]],
    [{ width: 100, height: 100 }, [100, 50]],
    [{ width: 300, height: 20 }, [40, 20]],
    [{ width: 500, height: 500 }, [400, 200]],
    [{ width: 1 }, [1, 1]],
  ])("%j makes it %j", (size, expected) => {
    const { area, width, height } = fit(LANDSCAPE, { ...size, fit: "inside" });
    expect([width, height]).toEqual(expected);
    expect(area).toEqual({ left: 0, top: 0, ...LANDSCAPE });
  });
});

describe("cover", () => {
  it.each([
    [{ width: 100, height: 100 }, [100, 100], { left: 100, top: 0, width: 200, height: 200 }],
    [{ width: 100, height: 25 }, [100, 25], { left: 0, top: 50, width: 400, height: 100 }],
    [{ width: 400, height: 400 }, [200, 200], { left: 100, top: 0, width: 200, height: 200 }],
    [{ width: 4_000, height: 1_000 }, [400, 100], { left: 0, top: 50, width: 400, height: 100 }],
    [{ width: 1, height: 4_000 }, [1, 200], { left: 199, top: 0, width: 1, height: 200 }],
  ])("%j makes it %j", (size, expected, part) => {
    const { area, width, height } = fit(LANDSCAPE, { ...size, fit: "cover" });
    expect([width, height]).toEqual(expected);
    expect(area).toEqual(part);
  });
});

describe("whatever the picture and the size", () => {
  const side = fc.integer({ min: 1, max: 5_000 });
  const size = fc.record({ width: side, height: side, fit: fc.constantFrom("inside" as const, "cover" as const) });
  const picture = fc.record({ width: side, height: side });

  it("the thumbnail is within the size, and never larger than what it shows", () => {
    fc.assert(
      fc.property(picture, size, (picture, size) => {
        const { area, width, height } = fit(picture, size);
        expect(width).toBeGreaterThanOrEqual(1);
        expect(height).toBeGreaterThanOrEqual(1);
        expect(width).toBeLessThanOrEqual(Math.min(size.width, area.width));
        expect(height).toBeLessThanOrEqual(Math.min(size.height, area.height));
      }),
    );
  });

  it("what it shows lies in the middle of the picture", () => {
    fc.assert(
      fc.property(picture, size, (picture, size) => {
        const { area } = fit(picture, size);
        expect(area.left).toBe(Math.floor((picture.width - area.width) / 2));
        expect(area.top).toBe(Math.floor((picture.height - area.height) / 2));
        expect(area.width === picture.width || area.height === picture.height).toBe(true);
      }),
    );
  });

  it("one side is as long as it may be, and the shape stays but for rounding", () => {
    fc.assert(
      fc.property(picture, size, (picture, size) => {
        const { area, width, height } = fit(picture, size);
        const longest = [Math.min(size.width, area.width), Math.min(size.height, area.height)];
        expect(width === longest[0] || height === longest[1]).toBe(true);
        const distortion = Math.abs(width / area.width - height / area.height);
        expect(distortion).toBeLessThanOrEqual(1.5 / Math.min(area.width, area.height));
      }),
    );
  });
});
