/** Secrets as the tests use them, and all that look like one of Sluice's own. */
const SECRETS: readonly RegExp[] = [
  /\bslk_[\w-]{16,}/,
  /\bslr_[\w-]+\.[\w-]{16,}/,
  /\bwhs(?:ec|k)_[A-Za-z0-9+/=]{16,}/,
  /it is a secret to everybody/,
  /8f742231b10e8888abcd99yyyzzz85a5/,
  /\badmin-token-[\w-]{16,}/,
];

/** The first secret that a text gives away, or null. */
export function secretIn(text: string): string | null {
  for (const secret of SECRETS) {
    const found = secret.exec(text);
    if (found !== null) return found[0];
  }
  return null;
}
