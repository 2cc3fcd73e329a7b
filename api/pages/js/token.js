// The token of this tab, asked for when the server wants one. It is kept nowhere else and never shown.

import { h } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { keep, kept } from "./storage.js";

const KEY = "groklab.token";
let asking = null;
let declined = false;

/** The token of this tab, or null. */
export function token() {
  return kept("sessionStorage", KEY);
}

/** Forgets the token. */
export function forgetToken() {
  keep("sessionStorage", KEY, null);
  document.dispatchEvent(new CustomEvent("groklab:token"));
}

/**
 * Asks for a token unless it is being asked for already; `refused` is the one that did not work, null for none;
 * `background`: nobody waits for it, so that who wanted to give none is left alone. Resolves to whether there is a new one.
 */
export function askToken(refused, background) {
  // Another request of the same moment may have been answered meanwhile.
  if (token() !== refused) return Promise.resolve(true);
  if (background && declined) return Promise.resolve(false);
  asking ??= dialog(refused !== null).then((given) => {
    asking = null;
    declined = !given;
    return given;
  });
  return asking;
}

function dialog(wasRefused) {
  const input = h("input", {
    type: "password", id: "token-input", autocomplete: "off", required: true, spellcheck: "false",
    "aria-describedby": "token-help",
  });
  const trouble = h("p", { class: "error", role: "alert", hidden: !wasRefused }, "That token is not valid, or was revoked.");
  return openDialog({
    title: "A token, please",
    body: [
      h("p", { id: "token-help" }, "This service wants a token. It stays in this tab and is gone when you close it; ",
        h("code", null, "groklab token create"), " makes one."),
      trouble,
      h("label", { for: "token-input" }, "Token"), input,
    ],
    actions: [
      { label: "Not now", value: false },
      {
        label: "Use it", primary: true, value: true,
        check() {
          const secret = input.value.trim();
          // A header takes no other characters, and no token has any.
          if (!/^[\x21-\x7e]+$/.test(secret)) {
            trouble.hidden = false;
            input.select();
            return false;
          }
          keep("sessionStorage", KEY, secret);
          document.dispatchEvent(new CustomEvent("groklab:token"));
          return true;
        },
      },
    ],
    focus: input,
    lasts: true,
  }).then((value) => value === true);
}
