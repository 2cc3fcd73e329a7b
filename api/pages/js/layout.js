// What surrounds every view: header, navigation, the state of the connection, messages, footer.

import { append, fill, h, setText } from "./dom.js";
import { watchConnection } from "./live.js";
import { theme, toggleTheme } from "./theme.js";
import { forgetToken, token } from "./token.js";

const LINKS = [
  ["/experiments", "Experiments"],
  ["/new", "New"],
  ["/figures", "Figures"],
];
const SHOWN_MS = 8000;
const CONNECTION = { idle: "", live: "live", reconnecting: "reconnecting…" };

let current = [];
let messages = null;

/** Builds the page around the views; returns the element that they go into. */
export function buildLayout() {
  const main = h("main", { id: "main", tabindex: "-1" });
  const connection = h("span", { class: "connection", role: "status", "aria-label": "connection" });
  current = LINKS.map(([route, label]) => [route, h("a", { href: `#${route}` }, label)]);
  messages = h("div", { class: "messages", "aria-live": "polite", role: "log", "aria-label": "messages" });
  fill(
    document.body,
    h("a", { class: "skip", href: "#main", on: { click: skip } }, "Skip to the content"),
    h("header", { class: "top" },
      h("a", { class: "brand", href: "#/experiments" }, h("img", { src: "/pages/icon.svg", alt: "", width: "26", height: "26" }), "Groklab"),
      h("nav", { "aria-label": "main" }, current.map(([, link]) => link), h("a", { href: "/docs" }, "API")),
      h("div", { class: "top-end" }, connection, tokenButton(), themeButton())),
    main,
    messages,
    footer(),
  );
  watchConnection((status) => {
    setText(connection, CONNECTION[status]);
    connection.dataset.status = status;
  });
  return main;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function themeButton() {
  const button = h("button", { type: "button", class: "quiet icon" });
  const show = () => {
    const other = theme() === "dark" ? "light" : "dark";
    button.setAttribute("aria-label", `Change to ${other} colours`);
    button.title = `Change to ${other} colours`;
    setText(button, other === "dark" ? "☾" : "☀");
  };
  button.addEventListener("click", () => {
    toggleTheme();
    show();
  });
  show();
  return button;
}

function tokenButton() {
  const button = h("button", { type: "button", class: "quiet", hidden: true, on: { click: () => forgetToken() } }, "Forget token");
  const show = () => (button.hidden = token() === null);
  document.addEventListener("groklab:token", show);
  show();
  return button;
}

function footer() {
  return h("footer", null,
    h("a", { href: "/docs" }, "API"), " · ", h("a", { href: "/openapi.json" }, "OpenAPI"), " · ",
    h("a", { href: "/version" }, "version"), " · ", h("a", { href: "/readyz" }, "health"));
}

/** Marks the link of the section that is shown. */
export function setCurrent(path) {
  const section = path.startsWith("/runs") ? "/experiments" : path;
  for (const [route, link] of current) {
    if (section === route || section.startsWith(`${route}/`)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Says something to everybody, screen readers too; `kind` "info" or "error". It can be closed, and goes by itself. */
export function announce(text, kind = "info") {
  // Said again and again, it would cover the page.
  const said = h("span", null, text);
  if ([...messages.children].some((one) => one.firstChild.textContent === said.textContent)) return;
  const close = h("button", { type: "button", class: "quiet icon", "aria-label": "Close the message" }, "×");
  const message = h("div", { class: `message ${kind}` }, said, close);
  close.addEventListener("click", () => message.remove());
  append(messages, [message]);
  setTimeout(() => message.remove(), kind === "error" ? 3 * SHOWN_MS : SHOWN_MS);
}

/** Shows in place of a view why there is none; `again()` tries once more. */
export function showTrouble(root, error, again) {
  const title = { 401: "A token is needed", 403: "Not for this token", 404: "Not found" }[error.status] ?? "This did not work";
  fill(root, h("h1", null, title), h("p", { class: "error", role: "alert" }, error.message),
    h("p", null, h("a", { href: "#/experiments" }, "All experiments"), " ",
      h("button", { type: "button", on: { click: again } }, "Try again")));
}
