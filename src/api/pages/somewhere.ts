/** Stands for the address of the API in what is made before that is known. RFC 6761 lets nobody have it. */
export const SOMEWHERE = "https://sluice.invalid";

/** What was made for somewhere, for where it is served: in HTML or within a string of JSON. */
export function servedAt(baseUrl: string, made: string): string {
  // Within quotes of a shell's too.
  const quotable = baseUrl.replaceAll("'", "%27").replaceAll("&", "%26");
  return made.replaceAll(SOMEWHERE, () => quotable);
}
