declare const of: unique symbol;

/** A value as JSON text, see {@link pack}. */
export type Packed<T> = string & { readonly [of]: T };

/**
 * A value as it travels to a Durable Object: many small objects take a quarter of the time as JSON that they take as a
 * structured clone, which names every field of every object, and looks each up.
 */
export function pack<T>(value: T): Packed<T> {
  return JSON.stringify(value) as Packed<T>;
}

/** What was packed, or a value that was not. */
export function unpack<T>(value: T | Packed<T>): T {
  return typeof value === "string" ? (JSON.parse(value) as T) : value;
}
