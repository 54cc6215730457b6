type Fields = Readonly<Record<string, unknown>>;

function line(level: "info" | "warn" | "error", message: string, fields: Fields): string {
  return JSON.stringify({ level, message, ...fields }, (_, value: unknown) =>
    value instanceof Error ? { name: value.name, message: value.message } : value,
  );
}

/** Structured logs: one JSON object per line, with an `Error` as its name and message. */
export const log = {
  info: (message: string, fields: Fields = {}) => console.info(line("info", message, fields)),
  warn: (message: string, fields: Fields = {}) => console.warn(line("warn", message, fields)),
  error: (message: string, fields: Fields = {}) => console.error(line("error", message, fields)),
};
