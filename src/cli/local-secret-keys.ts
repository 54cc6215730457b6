import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newSecretKeySetting } from "../protocol/secret-keys-setting.ts";
import type { WorkerProject } from "./worker-project.ts";

const SETTING = "SLUICE_SECRET_KEYS";

/** Where wrangler reads settings of local development from. */
const SETTINGS_FILES = [".dev.vars", ".env"];

/**
 * The secret keys that a project runs with on this machine, as a setting: made once, and kept in the state directory,
 * whose database they seal. None when the project sets its own.
 */
export async function localSecretKeys(
  { dir }: WorkerProject,
  stateDir: string,
): Promise<{ readonly [SETTING]?: string }> {
  const own = await Promise.all(SETTINGS_FILES.map((name) => textOf(join(dir, name))));
  if (own.some((text) => new RegExp(`^\\s*(export\\s+)?${SETTING}\\s*=`, "m").test(text))) return {};
  const file = join(stateDir, "secret-keys");
  const kept = (await textOf(file)).trim();
  if (kept !== "") return { [SETTING]: kept };
  const made = newSecretKeySetting("local");
  await mkdir(stateDir, { recursive: true });
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return { [SETTING]: made };
}

/** Empty when there is no such file. */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw cause;
  }
}
