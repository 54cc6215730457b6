import { type SecretKeys, secretKeysSchema } from "../../src/protocol/secret-keys.ts";

/** A key of this id, as it is set: the same in every run, for each byte. */
export const keyText = (id: string, byte: number) => `${id}:${btoa(String.fromCharCode(byte).repeat(32))}`;

/** Those of the Worker in tests, see vitest.config.ts. */
export const TEST_KEYS = secretKeys(keyText("test", 1));

/** The keys that a setting stands for. */
export function secretKeys(setting: string): SecretKeys {
  const keys = secretKeysSchema.parse(setting);
  if (keys === null) throw new Error("there are no keys");
  return keys;
}
