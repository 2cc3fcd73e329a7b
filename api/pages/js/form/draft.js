// What was typed and not submitted, kept for the tab.

import { tab } from "../storage.js";

const KEY = "groklab:new";

/** The draft of this tab: `{query, spec, text}`, null where there is none. */
export function draft() {
  const text = tab.get(KEY);
  return text === null ? null : JSON.parse(text);
}

/** Keeps a draft; false where it is too large for the browser to keep. */
export function keepDraft(next) {
  try {
    tab.set(KEY, JSON.stringify(next));
    return true;
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error;
    tab.remove(KEY);
    return false;
  }
}

export const dropDraft = () => tab.remove(KEY);
