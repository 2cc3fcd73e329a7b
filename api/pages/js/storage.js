// What the browser keeps for the page, where it is allowed to.

/** A storage that works until the page is left where there is no other; `which()` gives the browser's. */
function storage(which) {
  const own = new Map();
  const tried = (use, instead) => {
    try {
      return use(which());
    } catch (error) {
      // Forbidden: even looking at it throws then. Full is something else.
      if (error.name !== "SecurityError") throw error;
      return instead();
    }
  };
  return {
    get: (key) => tried((kept) => kept.getItem(key), () => own.get(key) ?? null),
    set: (key, text) => tried((kept) => kept.setItem(key, text), () => own.set(key, text)),
    remove: (key) => tried((kept) => kept.removeItem(key), () => own.delete(key)),
  };
}

/** Of this tab, gone with it. */
export const tab = storage(() => sessionStorage);
/** Of this browser. */
export const browser = storage(() => localStorage);
