import type { LogLineView } from "./job-view.ts";

/** A line of a job's log as people read it: `09:15:02.120 #2 warn slow ms=900`. */
export function logText({ attempt, at, level, message, fields = {} }: LogLineView): string {
  const details = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [at.slice(11, -1), `#${attempt}`, level, message, ...details].join(" ");
}
