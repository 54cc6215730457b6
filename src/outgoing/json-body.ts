import { FatalError } from "../domain/outcome.ts";

/**
 * Reads a response's body as JSON. Rejects as the stream does.
 * @param host Named in the error. The rest of a URL may be a secret.
 * @throws FatalError when it is longer than so many bytes, of which no more are read; Error when it is no JSON
 */
export async function readJsonBody(response: Response, mostBytes: number, host: string): Promise<unknown> {
  const text = await readText(response, mostBytes, host);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error("the answer is not JSON", { cause });
  }
}

async function readText(response: Response, mostBytes: number, host: string): Promise<string> {
  if (response.body === null) return "";
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > mostBytes) {
      await reader.cancel().catch(() => {});
      throw new FatalError(`${host}: the answer has more than ${mostBytes} bytes: ask for smaller pages`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
