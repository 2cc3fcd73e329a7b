// What was typed and not submitted, kept for the tab.

import { keep, kept } from "../storage.js";

const KEY = "groklab:new";

/** The draft of this tab: `{query, spec, text}`, null where there is none. */
export function draft() {
  const text = kept("sessionStorage", KEY);
  return text === null ? null : JSON.parse(text);
}

/** Keeps a draft; false where a reload would not find it. */
export const keepDraft = (next) => keep("sessionStorage", KEY, JSON.stringify(next));

export const dropDraft = () => keep("sessionStorage", KEY, null);
