// Dark and light: the system's choice until one is made here; charts redraw when it changes.

import { keep } from "./storage.js";

const KEY = "groklab.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set();

/** "dark" or "light", as it is shown now. */
export function theme() {
  return document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
}

/** Changes to the other one and remembers it. */
export function toggleTheme() {
  const next = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  keep("localStorage", KEY, next);
  tell();
  return next;
}

/** Calls `watcher()` after each change; returns how to stop that. */
export function watchTheme(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The value of a CSS variable, such as `--ink`. */
export function cssVariable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function tell() {
  for (const watcher of watchers) watcher();
}

dark.addEventListener("change", tell);
