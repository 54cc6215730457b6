import { isDeepStrictEqual } from "node:util";
/** What the demo has promised, and whether it was so. */
export class Checks {
    #wrong = [];
    #made = 0;
    get made() {
        return this.#made;
    }
    /** One line for each check that has failed. */
    get wrong() {
        return this.#wrong;
    }
    /** Returns whether they are equal. */
    equal(what, seen, expected) {
        return this.holds(what, isDeepStrictEqual(seen, expected), show(expected), show(seen));
    }
    holds(what, ok, expected, seen) {
        this.#made++;
        if (!ok)
            this.#wrong.push(`${what}: expected ${expected}, seen ${typeof seen === "string" ? seen : show(seen)}`);
        return ok;
    }
}
function show(value) {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
