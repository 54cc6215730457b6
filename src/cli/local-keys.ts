import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newApiKey } from "../protocol/api-key.ts";
import { CliError } from "./cli-error.ts";

type Keys = Readonly<Record<string, string>>;

/**
 * The API keys of these tenants, which a local state keeps in clear text: each is made once.
 * @throws CliError when what is kept cannot be read
 */
export async function keepLocalKeys<Id extends string>(
  stateDir: string,
  tenants: readonly Id[],
): Promise<Record<Id, string>> {
  const known = await readKept(stateDir);
  const keys = Object.fromEntries(tenants.map((id) => [id, known[id] ?? newApiKey(id)]));
  await write(stateDir, { ...known, ...keys });
  return keys as Record<Id, string>;
}

/** What the operator token is kept under: no tenant has such an id. */
const OPERATOR = "(operator)";

/**
 * The token of the operator API, which a local state keeps beside the keys: it is made once.
 * @throws CliError when what is kept cannot be read
 */
export async function keepOperatorToken(stateDir: string): Promise<string> {
  const known = await readKept(stateDir);
  const token = known[OPERATOR] ?? randomBytes(32).toString("hex");
  await write(stateDir, { ...known, [OPERATOR]: token });
  return token;
}

/** The token of the operator API, if a local state keeps one. */
export async function readOperatorToken(stateDir: string): Promise<string | undefined> {
  return (await readKept(stateDir))[OPERATOR];
}

/** The API key of each tenant that a local state keeps one of. */
export async function readLocalKeys(stateDir: string): Promise<Keys> {
  const { [OPERATOR]: _, ...keys } = await readKept(stateDir);
  return keys;
}

async function write(stateDir: string, kept: Keys): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  await writeFile(fileIn(stateDir), `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
}

async function readKept(stateDir: string): Promise<Keys> {
  const file = fileIn(stateDir);
  try {
    return { ...(JSON.parse(await readFile(file, "utf8")) as Keys | null) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new CliError("bad_keys", `${file} cannot be read: remove it to have new keys made`, undefined, { cause });
  }
}

function fileIn(stateDir: string): string {
  return join(stateDir, "keys.json");
}
