import { signal } from "@preact/signals";

const ENTRY = "sluice.key";

/** The key that the API is asked with; null: nobody has signed in. It is kept for as long as the tab. */
export const key = signal<string | null>(sessionStorage.getItem(ENTRY));

/** Why the last session has ended; null: by choice, or there was none. */
export const signedOutBecause = signal<string | null>(null);

/** Whether the key is an operator's token, which is for tenants and not for jobs. */
export function isOperator(secret: string): boolean {
  return !secret.startsWith("slk_");
}

export function signIn(secret: string): void {
  sessionStorage.setItem(ENTRY, secret);
  signedOutBecause.value = null;
  key.value = secret;
}

export function signOut(because: string | null = null): void {
  sessionStorage.removeItem(ENTRY);
  signedOutBecause.value = because;
  key.value = null;
}
