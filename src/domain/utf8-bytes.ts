const encoder = new TextEncoder();

/** How many bytes a text takes as UTF-8. */
export function utf8Bytes(text: string): number {
  return /[\u0080-\uffff]/.test(text) ? encoder.encode(text).byteLength : text.length;
}
