/** Where Cloudflare may be asked to place a Durable Object: a hint, not a promise. */
export const LOCATION_HINTS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"];
/** Within which Cloudflare promises to run and keep a Durable Object. */
export const JURISDICTIONS = ["eu", "us", "fedramp", "fedramp-high"];
/** Wherever the first call comes from. */
export const ANYWHERE = { locationHint: null, jurisdiction: null };
