import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepLocalKeys, keepOperatorToken, readLocalKeys } from "../../src/cli/local-keys.ts";
import { isStrongToken } from "../../src/config.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-keys-"));
});

afterEach(() => rm(dir, { recursive: true }));

describe("the operator's token on this machine", () => {
  it("is a strong one, made once, and readable by its owner alone", async () => {
    const token = await keepOperatorToken(dir);
    expect(isStrongToken(token)).toBe(true);
    expect(await keepOperatorToken(dir)).toBe(token);
    expect((await stat(join(dir, "keys.json"))).mode & 0o077).toBe(0);
  });

  it("is kept beside the keys of tenants, and is none of them", async () => {
    const before = await keepLocalKeys(dir, ["demo"]);
    const token = await keepOperatorToken(dir);
    expect(await keepLocalKeys(dir, ["demo"])).toEqual(before);
    expect(await readLocalKeys(dir)).toEqual(before);
    expect(await keepOperatorToken(dir)).toBe(token);
    expect(await readFile(join(dir, "keys.json"), "utf8")).toContain(token);
  });

  it("is not made anew where what is kept cannot be read", async () => {
    await writeFile(join(dir, "keys.json"), "{");
    await expect(keepOperatorToken(dir)).rejects.toMatchObject({ code: "bad_keys" });
  });
});
