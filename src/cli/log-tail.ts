import { open } from "node:fs/promises";
import { printable } from "./printable.ts";

const EVERY_MS = 200;
/** What wrangler and Sluice log of themselves. */
const NOT_THE_HANDLERS = /^\s*$|^\[wrangler:|^⎔|\{"level":"/;

/** Tells, on stderr, what is added to a log. */
export interface LogTail {
  /** Tells what is left, and ends. */
  stop(): Promise<void>;
}

/** Follows a log from its present end: lines that the project's own code has written. */
export async function followLog(file: string): Promise<LogTail> {
  const log = await open(file);
  let { size: position } = await log.stat();
  let begun = "";
  const tell = async () => {
    const { buffer, bytesRead } = await log.read({ position, buffer: Buffer.alloc(65_536) });
    position += bytesRead;
    const lines = (begun + buffer.toString("utf8", 0, bytesRead)).split("\n");
    begun = lines.pop() ?? "";
    for (const line of lines) if (!NOT_THE_HANDLERS.test(line)) console.error(printable(line));
    return bytesRead;
  };
  let turn = Promise.resolve(0);
  const timer = setInterval(() => void (turn = turn.then(tell)), EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await turn;
      while ((await tell()) > 0);
      await log.close();
    },
  };
}
