// Text to the clipboard, also where the browser has no clipboard to give (plain HTTP off loopback).

import { h } from "./dom.js";

/** A button that copies what `text()` gives. */
export function copyButton(label, text) {
  const button = h("button", { type: "button", class: "small" }, label);
  button.addEventListener("click", async () => {
    await copy(text());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // A dialog makes all outside of it inert, so the area goes into the one that is open.
  const place = document.querySelector("dialog[open]") ?? document.body;
  const area = h("textarea", { class: "off-screen", "aria-hidden": "true", value: text });
  place.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
