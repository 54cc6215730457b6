import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobsIn, blobTime, isBlobId, toBlobId, usableUntil } from "../../src/domain/blob.ts";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";

const A = toBlobId(newJobId());
const B = toBlobId(newJobId());
describe("a blob's id", () => {
  it("tells when the blob was made, and for 24 hours after that a job may name it", () => {
    const id = toBlobId(firstJobIdAt(4000000000000));
    expect(blobTime(id)).toBe(4000000000000);
    expect(usableUntil(id)).toBe(4000086400000);
  });
  it.each([A.slice(5), "blob_", `blob_${A}`, A.toUpperCase(), 7, null])("is not %j", (value) => {
    expect(isBlobId(value)).toBe(false);
  });
});
describe("the blobs that a value names", () => {
  it("are found wherever they stand, each once, with their path", () => {
    const value = { image: { blob: A }, more: [{ blob: B, width: 3 }, { blob: A }] };
    expect([...blobsIn(value)]).toHaveLength(2);
    expect(blobsIn(value).get(B)).toEqual(["more", "0", "blob"]);
  });
  it.each([A, [A], { blob: "blob_of_clay" }, { blob: [A] }, { Blob: A }, null, 7])("are none in %j", (value) => {
    expect(blobsIn(value).size).toBe(0);
  });
  it("are found at any depth", () => {
    let nested = { blob: A };
    for (let depth = 0; depth < 100000; depth++) nested = [nested];
    expect([...blobsIn(nested).keys()]).toEqual([A]);
  });
  it("are those that were put into any JSON value", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat(), (values, at) => {
        const value = values.map((other, index) =>
          index === at % values.length ? { other, ref: { blob: A } } : other,
        );
        expect([...blobsIn(value).keys()]).toEqual([A]);
      }),
    );
  });
});
