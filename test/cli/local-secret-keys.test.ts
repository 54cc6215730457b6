import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { localSecretKeys } from "../../src/cli/local-secret-keys.ts";
import { secretKeysSchema } from "../../src/protocol/secret-keys.ts";

let dir: string;
const project = () => ({ dir, config: join(dir, "wrangler.toml"), wrangler: "", migrations: null });
const keysOf = () => localSecretKeys(project(), join(dir, "state"));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-keys-"));
});
afterEach(() => rm(dir, { recursive: true }));

it("makes a key once, keeps it, and lets nobody else read it", async () => {
  const made = await keysOf();
  expect(secretKeysSchema.parse(made.SLUICE_SECRET_KEYS)).toMatchObject([{ id: "local" }]);
  expect(await keysOf()).toEqual(made);
  const file = join(dir, "state", "secret-keys");
  expect(await readFile(file, "utf8")).toBe(`${made.SLUICE_SECRET_KEYS}\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it.each([".dev.vars", ".env"])("leaves it to the project when its %s sets keys", async (name) => {
  await writeFile(join(dir, name), "OTHER=1\nSLUICE_SECRET_KEYS = mine:abc\n");
  expect(await keysOf()).toEqual({});
  await writeFile(join(dir, name), "# SLUICE_SECRET_KEYS=mine:abc\nX=SLUICE_SECRET_KEYS=\n");
  expect(await keysOf()).toMatchObject({ SLUICE_SECRET_KEYS: expect.stringMatching(/^local:/) });
});
