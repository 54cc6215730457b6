/** Where Cloudflare may be asked to place a Durable Object: a hint, not a promise. */
export const LOCATION_HINTS = [
  "wnam",
  "enam",
  "sam",
  "weur",
  "eeur",
  "apac",
  "apac-ne",
  "apac-se",
  "oc",
  "afr",
  "me",
] as const;

/** Within which Cloudflare promises to run and keep a Durable Object. */
export const JURISDICTIONS = ["eu", "us", "fedramp", "fedramp-high"] as const;

export type LocationHint = (typeof LOCATION_HINTS)[number];
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** Where a tenant's gate is. It is part of what the gate is found by, and never changes. */
export interface Region {
  readonly locationHint: LocationHint | null;
  readonly jurisdiction: Jurisdiction | null;
}

/** Wherever the first call comes from. */
export const ANYWHERE: Region = { locationHint: null, jurisdiction: null };
