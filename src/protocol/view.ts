import { z } from "zod";

/** What a response has by its schema, for reading only. */
export type View<Schema extends z.ZodType> = Immutable<z.output<Schema>>;

type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Field in keyof T]: Immutable<T[Field]> }
    : T;

/** A moment in a response: ISO 8601 in UTC. */
export const viewTimeSchema = z.iso.datetime();

/** The id of a job, or of anything else that is found by a UUIDv7. */
export const viewIdSchema = z.uuid();
