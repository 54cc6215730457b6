import * as fc from "fast-check";
import { v4 as uuidv4, v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { derivedJobId, firstJobIdAt, isJobId, jobIdTime } from "../../src/domain/id.ts";

const LAST_TIME = 2 ** 48 - 1;
const time = fc.integer({ min: 0, max: LAST_TIME });
describe("isJobId", () => {
  it("knows a UUIDv7", () => {
    expect(isJobId("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")).toBe(true);
  });
  it.each([
    ["upper case", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"],
    ["another version", uuidv4()],
    ["another variant", "017f22e2-79b0-7cc3-18c4-dc0c0c07398f"],
    ["no dashes", "017f22e279b07cc398c4dc0c0c07398f"],
    ["braces", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}"],
    ["something after it", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n"],
    ["nothing", ""],
  ])("knows no id in %s", (_, id) => {
    expect(isJobId(id)).toBe(false);
  });
});
describe("jobIdTime", () => {
  it("reads the example of RFC 9562, appendix A.6", () => {
    expect(jobIdTime("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")).toBe(Date.UTC(2022, 1, 22, 19, 22, 22));
  });
  it("reads the millisecond in which an id was made", () => {
    fc.assert(fc.property(time, (msecs) => jobIdTime(uuidv7({ msecs })) === msecs));
  });
});
describe("firstJobIdAt", () => {
  it("is the smallest that a UUIDv7 of that time can be", () => {
    expect(firstJobIdAt(0x017f22e279b0)).toBe("017f22e2-79b0-7000-8000-000000000000");
  });
  it("is an id of that time", () => {
    fc.assert(fc.property(time, (at) => isJobId(firstJobIdAt(at)) && jobIdTime(firstJobIdAt(at)) === at));
  });
  it("is above every id made before, and not above one made since", () => {
    fc.assert(
      fc.property(
        time,
        fc.integer({ min: 1, max: LAST_TIME }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (at, by, random) => {
          expect(uuidv7({ msecs: at, random }) >= firstJobIdAt(at)).toBe(true);
          if (by <= at) expect(uuidv7({ msecs: at - by, random }) < firstJobIdAt(at)).toBe(true);
        },
      ),
    );
  });
  it("takes a time before the epoch as the epoch, and a fraction as its millisecond", () => {
    expect(firstJobIdAt(-5)).toBe(firstJobIdAt(0));
    expect(firstJobIdAt(1000.9)).toBe(firstJobIdAt(1000));
  });
});
describe("derivedJobId", () => {
  const digest = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 64, maxLength: 64 });
  const hex = (digits) => digits.map((digit) => digit.toString(16)).join("");
  it("is a job id of its time, and the same for the same digest", () => {
    fc.assert(
      fc.property(time, digest, (time, digits) => {
        const id = derivedJobId(time, hex(digits));
        expect(isJobId(id)).toBe(true);
        expect(jobIdTime(id)).toBe(time);
        expect(derivedJobId(time, hex(digits))).toBe(id);
        expect(id >= firstJobIdAt(time)).toBe(true);
      }),
    );
  });
  it("differs where the digest does", () => {
    const ids = ["a", "b", "c"].map((digit) => derivedJobId(1, digit.repeat(64)));
    expect(new Set(ids).size).toBe(3);
  });
});
