import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readPayload } from "../../src/cli/payload.ts";

const stdin = (...chunks) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
describe("a payload on the command line", () => {
  it("is JSON of any kind", async () => {
    for (const text of ['{"a":[1]}', "null", '"text"', "5"]) {
      expect(await readPayload(text, stdin())).toEqual(JSON.parse(text));
    }
  });
  it("is standard input as a whole", async () => {
    expect(await readPayload("-", stdin('{"na', 'me":"', "Ada", '"}'))).toEqual({ name: "Ada" });
  });
  it.each([
    ["{url:1}", "the payload is no JSON"],
    ["@nowhere.json", "there is no file nowhere.json"],
    ["@test", "test cannot be read"],
    ["@README.md", "README.md is no JSON"],
    ["-", "standard input is no JSON"],
  ])("is refused when it is %s", async (argument, says) => {
    await expect(readPayload(argument, stdin("{"))).rejects.toMatchObject({
      code: "usage",
      exitCode: 2,
      message: expect.stringMatching(`^${says}`),
    });
  });
  it("is refused when it is larger than any deployment takes, without being read to its end", async () => {
    let read = 0;
    async function* endless() {
      for (;;) yield Buffer.alloc(1000000, read++);
    }
    await expect(readPayload("-", Readable.from(endless()))).rejects.toThrow("standard input has more than 25 MB");
    expect(read).toBeLessThan(50);
  });
});
