// What was typed and not submitted, kept for the tab.

const KEY = "groklab:new";

/** The draft of this tab: `{query, spec, text}`, null where there is none. */
export function draft() {
  const text = sessionStorage.getItem(KEY);
  return text === null ? null : JSON.parse(text);
}

/** Keeps a draft; false where it is too large for the browser to keep. */
export function keepDraft(next) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(next));
    return true;
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error;
    sessionStorage.removeItem(KEY);
    return false;
  }
}

export const dropDraft = () => sessionStorage.removeItem(KEY);
