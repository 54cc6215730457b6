import { isDeepStrictEqual } from "node:util";

/** What the demo has promised, and whether it was so. */
export class Checks {
  readonly #wrong: string[] = [];
  #made = 0;

  get made(): number {
    return this.#made;
  }

  /** One line for each check that has failed. */
  get wrong(): readonly string[] {
    return this.#wrong;
  }

  /** Returns whether they are equal. */
  equal(what: string, seen: unknown, expected: unknown): boolean {
    return this.holds(what, isDeepStrictEqual(seen, expected), show(expected), show(seen));
  }

  holds(what: string, ok: boolean, expected: string, seen: unknown): boolean {
    this.#made++;
    if (!ok) this.#wrong.push(`${what}: expected ${expected}, seen ${typeof seen === "string" ? seen : show(seen)}`);
    return ok;
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
