import { now } from "../data/clock.ts";
import { briefAge } from "../model/brief.ts";

const WITH_DATE_MS = 86_400_000;

/** How long ago something was, going on by itself. */
export function Ago({ at }: { at: string | number }) {
  const time = new Date(at);
  const age = briefAge(now.value - time.getTime());
  return (
    <time class="nowrap" dateTime={time.toISOString()} title={time.toLocaleString()}>
      {age === "now" ? age : `${age} ago`}
    </time>
  );
}

/** In how long something is to be. */
export function Until({ at }: { at: string }) {
  const time = new Date(at);
  const left = time.getTime() - now.value;
  return (
    <time class="nowrap" dateTime={at} title={time.toLocaleString()}>
      {left < 1_000 ? "now" : `in ${briefAge(left)}`}
    </time>
  );
}

/** A moment by the clock; with the date, unless it is near. */
export function Clock({ at }: { at: string | number }) {
  const time = new Date(at);
  const isNear = Math.abs(now.peek() - time.getTime()) < WITH_DATE_MS;
  return (
    <time class="nowrap" dateTime={time.toISOString()} title={time.toISOString()}>
      {isNear ? clockTime(time) : `${dayText(time)}, ${clockTime(time)}`}
    </time>
  );
}

/** "23 Nov", with the year if it is another one. */
function dayText(time: Date): string {
  const year = time.getFullYear() === new Date(now.peek()).getFullYear() ? undefined : "numeric";
  return time.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...(year && { year }) });
}

/** "12:03:04" */
export function clockTime(time: Date): string {
  return time.toLocaleTimeString("en-GB");
}
