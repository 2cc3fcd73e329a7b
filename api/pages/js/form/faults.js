// Shows what is wrong at the field that it is about.

import { setText } from "../dom.js";

/** The fields by their pointers; a fault goes to the nearest field at, above or below its own pointer. */
export function faultBoard() {
  const places = new Map();
  let shown = [];

  /** Where a pointer is shown: itself, what holds it, or what is in it. */
  function place(pointer) {
    for (let at = pointer; at; at = at.slice(0, at.lastIndexOf("/"))) {
      if (places.has(at)) return places.get(at);
      const below = [...places.keys()].find((one) => one.startsWith(`${at}/`));
      if (below) return places.get(below);
    }
    return null;
  }

  function show(errors) {
    shown = errors;
    const texts = new Map();
    for (const { pointer, message } of errors) {
      const at = place(pointer);
      if (at) texts.set(at, [...(texts.get(at) ?? []), message]);
    }
    for (const at of new Set(places.values())) {
      const said = texts.get(at);
      setText(at.error, said ? said.join(" · ") : "");
      at.error.hidden = !said;
      if (said) at.control.setAttribute("aria-invalid", "true");
      else at.control.removeAttribute("aria-invalid");
    }
  }

  return {
    /** Tells that faults at this pointer belong to a control and its paragraph. */
    add: (pointer, control, error) => places.set(pointer, { control, error }),
    /** Another form is built: its fields take the faults that are shown. */
    restart(build) {
      places.clear();
      build();
      show(shown);
    },
    show,
    /** Goes to the field of a pointer; false where there is none. */
    focus(pointer) {
      const at = place(pointer);
      if (!at) return false;
      for (let box = at.control.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
      at.control.focus();
      at.control.select?.();
      at.control.scrollIntoView({ block: "center" });
      return true;
    },
  };
}
