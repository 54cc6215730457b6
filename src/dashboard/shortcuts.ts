import { signal } from "@preact/signals";
import { key } from "./data/session.ts";
import { addressOf, goTo } from "./router.ts";

/** By the letter that follows `g`. */
export const PLACES: Readonly<Record<string, { readonly path: string; readonly name: string }>> = {
  o: { path: "/", name: "Overview" },
  j: { path: "/jobs", name: "Jobs" },
  g: { path: "/groups", name: "Groups" },
  d: { path: "/dead-letters", name: "Dead letters" },
  q: { path: "/queues", name: "Queues" },
  s: { path: "/schedules", name: "Schedules" },
  e: { path: "/endpoints", name: "Endpoints" },
  a: { path: "/alerts", name: "Alerts" },
};

/** Whether the help is open. */
export const helpOpen = signal(false);

const FOLLOWS_MS = 1_500;
let goingUntil = 0;

/** Has the keyboard do what the mouse can. */
export function followKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (key.peek() === null || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (act(event.key)) event.preventDefault();
  });
}

function act(pressed: string): boolean {
  const going = Date.now() < goingUntil;
  goingUntil = 0;
  const place = going ? PLACES[pressed] : undefined;
  if (place !== undefined) goTo(addressOf(place.path));
  else if (pressed === "g") goingUntil = Date.now() + FOLLOWS_MS;
  else if (pressed === "/") document.querySelector<HTMLInputElement>("#search")?.focus();
  else if (pressed === "?") helpOpen.value = true;
  else if (pressed === "j" || pressed === "k") moveRow(pressed === "j" ? 1 : -1);
  else return false;
  return true;
}

function moveRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const now = rows.findIndex((row) => row === document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, now + by))]?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches("input, select, textarea") || target.isContentEditable);
}
