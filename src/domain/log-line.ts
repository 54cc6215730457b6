/** What an attempt's log keeps; a job keeps those of its newest attempts. */
export const LOG_LIMITS = { lines: 100, characters: 8_000, attempts: 3 } as const;

const MESSAGE_LENGTH = 500;
const MOST_FIELDS = 10;
const FIELD_NAME_LENGTH = 50;
const FIELD_LENGTH = 200;

export const LOG_LEVELS = ["info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Details of a line: up to ten, each cut to 200 characters. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Something that a handler has said, as its job keeps it. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes a line into the job's log: `log("sent")`, `log.warn("slow", { ms: 900 })`. */
export interface JobLog {
  (message: string, fields?: LogFields): void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
}

/** The function with its levels, of one that is told each of them. */
export function jobLog(write: (level: LogLevel, message: string, fields?: LogFields) => void): JobLog {
  return Object.assign((message: string, fields?: LogFields) => write("info", message, fields), {
    warn: (message: string, fields?: LogFields) => write("warn", message, fields),
    error: (message: string, fields?: LogFields) => write("error", message, fields),
  });
}

/** A line, cut to what is kept of one. Whatever a handler says, writing it does not throw. */
export function toLogLine(at: number, level: LogLevel, message: string, fields?: LogFields): LogLine {
  const line = { at, level, message: text(message, MESSAGE_LENGTH) };
  const kept = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined);
  if (kept.length === 0) return line;
  const short = kept.slice(0, MOST_FIELDS).map(([name, value]) => [text(name, FIELD_NAME_LENGTH), field(value)]);
  return { ...line, fields: Object.fromEntries(short) };
}

/** The line that ends a log in which there was no room for so many more. */
export function droppedLine(at: number, dropped: number): LogLine {
  const { lines, characters } = LOG_LIMITS;
  const limit = `an attempt keeps ${lines} lines and ${characters} characters`;
  return { at, level: "warn", message: `${dropped} more ${dropped === 1 ? "line" : "lines"} dropped: ${limit}` };
}

function field(value: unknown): string | number | boolean | null {
  if (value === null || typeof value === "boolean") return value;
  return typeof value === "number" && Number.isFinite(value) ? value : text(value, FIELD_LENGTH);
}

function text(value: unknown, length: number): string {
  try {
    return String(value).slice(0, length).toWellFormed();
  } catch {
    return "a value that has no text";
  }
}
