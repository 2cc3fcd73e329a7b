// What a browser keeps of this page; where it may not keep anything, until the page is left.

const loose = new Map();

/** The text under a name of `localStorage` or `sessionStorage`, or null. */
export function kept(area, name) {
  const text = tried(() => window[area].getItem(name));
  return text ?? loose.get(name) ?? null;
}

/** Keeps a text, null for none; whether a reload of the tab would find it. */
export function keep(area, name, text) {
  loose.delete(name);
  const stays = tried(() => {
    if (text === null) window[area].removeItem(name);
    else window[area].setItem(name, text);
    return true;
  });
  if (stays) return true;
  // What was there before is not what is meant now.
  tried(() => window[area].removeItem(name));
  if (text !== null) loose.set(name, text);
  return false;
}

function tried(action) {
  try {
    return action();
  } catch (error) {
    // Forbidden, or full.
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
