import { effect, signal } from "@preact/signals";

const ENTRY = "sluice.theme";
export type Theme = "light" | "dark";

const preferred = matchMedia("(prefers-color-scheme: dark)");
const wanted = localStorage.getItem(ENTRY);

/** As the system has it, until somebody chooses. */
export const theme = signal<Theme>(wanted === "light" || wanted === "dark" ? wanted : systemTheme());

preferred.addEventListener("change", () => {
  if (localStorage.getItem(ENTRY) === null) theme.value = systemTheme();
});

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

export function toggleTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(ENTRY, theme.value);
}

function systemTheme(): Theme {
  return preferred.matches ? "dark" : "light";
}
