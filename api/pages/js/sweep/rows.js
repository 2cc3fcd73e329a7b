// The rows of results of an experiment and of those that refine it, page by page, as long as they change.

import { paced } from "../pace.js";
import { isOver } from "../states.js";

const FIRST = 100;
const PAGE = 1000;

/**
 * `changed()` is called whenever more is known. Returns
 * `list`: the rows so far, in cell order, each with `own` where it is of the first experiment;
 * `whole()`: whether these are all; `load()`: begins, and asks again for what may have changed;
 * `add(ids)`: experiments whose rows belong here, too; `reopen()`: runs that had ended may go on.
 */
export function createRows(experiment, ctx, changed) {
  const list = [];
  const parts = [];
  let whole = false;
  add([experiment]);

  function add(ids) {
    for (const id of ids) {
      if (parts.some((part) => part.id === id)) continue;
      whole = false;
      parts.push({ id, pages: [{ address: `/v1/experiments/${encodeURIComponent(id)}/results?limit=${parts.length ? PAGE : FIRST}`, rows: [], over: false }] });
    }
  }

  const load = paced(async () => {
    for (const part of parts) {
      for (let at = 0; at < part.pages.length; at += 1) {
        const page = part.pages[at];
        if (page.over) continue;
        const { items, next } = await ctx.api.page(page.address);
        const own = part.id === experiment;
        for (const row of items) row.own = own;
        page.rows = items;
        page.over = items.every((row) => isOver(row.state));
        if (next && at === part.pages.length - 1) part.pages.push({ address: larger(next), rows: [], over: false });
        flatten();
        changed();
      }
    }
    whole = true;
    changed();
  }, ctx);

  function flatten() {
    let at = 0;
    for (const { pages } of parts) for (const { rows } of pages) for (const row of rows) list[at++] = row;
    list.length = at;
  }

  return {
    list,
    whole: () => whole,
    load,
    add,
    reopen() {
      for (const { pages } of parts) for (const page of pages) page.over = false;
    },
  };
}

/** The same page with as many rows as a page may have. */
function larger(address) {
  return address.replace(/limit=\d+/, `limit=${PAGE}`);
}
