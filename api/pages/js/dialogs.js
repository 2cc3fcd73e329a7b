// Modal dialogs that resolve to the choice made in them.

import { h, newId } from "./dom.js";

/**
 * Opens a modal dialog. `actions`: `{label, value, primary, danger, check}`; `check()` may return false, or a promise of
 * it, to keep the dialog open. Resolves to the value of the chosen action, null when it is closed otherwise.
 */
export function openDialog({ title, body, actions, focus = null }) {
  const back = document.activeElement;
  const heading = newId("dialog");
  return new Promise((resolve) => {
    const done = (value) => {
      window.removeEventListener("hashchange", left);
      dialog.close();
      dialog.remove();
      if (back instanceof HTMLElement && back.isConnected) back.focus();
      resolve(value);
    };
    // What it asks about is left behind with its view.
    const left = () => done(null);
    window.addEventListener("hashchange", left);
    const buttons = actions.map((action) =>
      h("button", {
        type: action.primary ? "submit" : "button",
        class: action.danger ? "danger" : action.primary ? "primary" : "",
        on: action.primary ? {} : { click: () => choose(action) },
      }, action.label));
    let busy = false;
    async function choose(action) {
      if (busy) return;
      busy = true;
      buttons.forEach((button) => (button.disabled = true));
      const good = action.check ? await action.check() : true;
      busy = false;
      buttons.forEach((button) => (button.disabled = false));
      if (good !== false) done(action.value);
    }
    const main = actions.find((action) => action.primary);
    const form = h("form", {
      on: {
        submit: (event) => {
          event.preventDefault();
          if (main) choose(main);
        },
      },
    }, h("h2", { id: heading }, title), body, h("div", { class: "dialog-actions" }, buttons));
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": heading }, form);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (!busy) done(null);
    });
    document.body.append(dialog);
    dialog.showModal();
    (focus ?? buttons[buttons.length - 1]).focus();
  });
}

/** Asks whether to do it; `act` is awaited with the dialog open, and what it throws is shown there. */
export function confirmAction({ title, text, label, danger = false, fields = [], act }) {
  const trouble = h("p", { class: "error", role: "alert", hidden: true });
  return openDialog({
    title,
    body: [text && h("p", null, text), fields, trouble],
    focus: fields.map((field) => field.querySelector?.("input, select")).find(Boolean) ?? null,
    actions: [
      { label: "Back", value: false },
      {
        label, value: true, primary: true, danger,
        async check() {
          try {
            await act();
            return true;
          } catch (error) {
            trouble.hidden = false;
            trouble.textContent = error.message;
            return false;
          }
        },
      },
    ],
  });
}
