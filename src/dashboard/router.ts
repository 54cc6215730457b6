import { computed, signal } from "@preact/signals";
import { PAGES } from "./data/api.ts";

/** Where in the dashboard: a path below its own, and filters. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const place = signal<Place>(placeIn(location));

/** What is shown. */
export const here = computed(() => place.value);

/** The address of a page; filters that are undefined or empty are left out. */
export function addressOf(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
  return `${PAGES}${path === "/" ? "" : path}${search}`;
}

/** Goes to a page, as a link does. */
export function goTo(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  const before = place.peek().path;
  place.value = placeIn(location);
  if (before !== place.peek().path) scrollTo(0, 0);
}

/** Has links and the browser's own buttons change what is shown, without loading the page anew. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    place.value = placeIn(location);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (link === null || !plain || link.target !== "" || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || !isBelow(link.pathname)) return;
    event.preventDefault();
    goTo(link.href);
  });
}

function placeIn({ pathname, search }: { pathname: string; search: string }): Place {
  const path = isBelow(pathname) ? pathname.slice(PAGES.length).replace(/\/$/, "") : "";
  return { path: path === "" ? "/" : path, query: new URLSearchParams(search) };
}

function isBelow(pathname: string): boolean {
  return pathname === PAGES || pathname.startsWith(`${PAGES}/`);
}
