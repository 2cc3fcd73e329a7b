// The list of experiments: filtered by the service, page by page, live.

import { experimentActions } from "../actions.js";
import { append, fill, h, keyed, setText } from "../dom.js";
import { experimentRow } from "../list/row.js";
import { filters } from "../list/filters.js";

const PAGE = 50;
const POLL_MS = 5000;
// Each stream holds a connection, and a browser has six for all tabs of a server.
const STREAMS = 2;

export async function mount(root, params, ctx) {
  ctx.setTitle("Experiments");
  const asked = { state: ctx.query.state ?? "", tag: ctx.query.tag ?? "", name: ctx.query.name ?? "" };
  const shown = new Map();
  const streams = new Map();
  let next = null;
  let turn = 0;

  const body = h("tbody");
  const rows = keyed(body, (one) => one.id, (one) => experimentRow(one, ctx, {
    actions: (now) => experimentActions(now, ctx, (answer) => changed(now.id, answer)),
    byTag: (tag) => choose({ ...asked, tag }),
  }));
  const status = h("p", { class: "soft", role: "status" });
  const more = h("button", { type: "button", hidden: true, on: { click: () => ctx.attempt(loadMore) } }, "Show older ones");
  const table = h("div", { class: "panel list-panel" }, h("table", { class: "list" },
    h("caption", { class: "off-screen" }, "Experiments, newest first"),
    h("thead", null, h("tr", null, ["Experiment", "State", "Progress", "Outcomes", "Made", "Actions"].map((name) => h("th", { scope: "col" }, name)))), body));
  const empty = h("div", { class: "panel empty", hidden: true });
  const form = filters(asked, choose, ctx);
  append(root, [
    h("div", { class: "view-head" }, h("div", null, h("h1", null, "Experiments")), h("a", { class: "button primary", href: "#/new" }, "New experiment")),
    form.element, status, table, empty, h("div", { class: "row" }, more),
  ]);

  function query() {
    return { ...asked, limit: PAGE };
  }

  function choose(wanted) {
    Object.assign(asked, wanted);
    form.update(asked);
    window.history.replaceState(null, "", ctx.href("/experiments", asked));
    shown.clear();
    return ctx.attempt(refresh);
  }

  /** The newest page anew; older ones that were asked for stay. */
  async function refresh() {
    const mine = (turn += 1);
    const found = await ctx.api.page("/v1/experiments", { query: query() });
    if (mine !== turn) return;
    const first = found.items.map(({ id }) => id);
    const oldest = first[first.length - 1];
    for (const id of [...shown.keys()]) if (found.next === null || id >= oldest) if (!first.includes(id)) shown.delete(id);
    if ([...shown.keys()].every((id) => first.includes(id))) next = found.next;
    for (const one of found.items) shown.set(one.id, one);
    show();
  }

  async function loadMore() {
    more.disabled = true;
    try {
      const found = await ctx.api.page(next);
      next = found.next;
      for (const one of found.items) shown.set(one.id, one);
      show();
    } finally {
      more.disabled = false;
    }
  }

  function show() {
    const list = [...shown.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
    rows(list);
    more.hidden = next === null;
    table.hidden = list.length === 0;
    empty.hidden = list.length > 0;
    const filtered = Object.values(asked).some(Boolean);
    if (list.length === 0) fill(empty, ...nothing(filtered, () => choose({ state: "", tag: "", name: "" })));
    setText(status, list.length === 0 ? "" : `${list.length}${next ? " newest" : ""} ${list.length === 1 ? "experiment" : "experiments"}${filtered ? " found" : ""}`);
    listen(list);
  }

  /** Follows the newest that go on; the others are asked for with the list. */
  function listen(list) {
    const going = list.filter(({ state }) => state === "running" || state === "queued").sort((a, b) => (a.state < b.state ? 1 : -1));
    const wanted = going.slice(0, STREAMS).map(({ id }) => id);
    for (const [id, stream] of streams) if (!wanted.includes(id)) {
      stream.close();
      streams.delete(id);
    }
    for (const id of wanted) if (!streams.has(id)) streams.set(id, ctx.follow(`/v1/experiments/${id}/stream`, {
      history: false,
      on: {
        progress: (now) => merge(id, now),
        end: ({ reason }) => (reason === "deleted" ? changed(id, null) : ctx.attempt(() => look(id))),
      },
    }));
  }

  function merge(id, { state, counts, progress, eta_seconds }) {
    const old = shown.get(id);
    // Outcomes come with the experiment alone.
    if (old && old.counts.succeeded !== counts.succeeded) return ctx.attempt(() => look(id));
    if (old) changed(id, { ...old, state, counts, progress, eta_seconds });
    return undefined;
  }

  async function look(id) {
    changed(id, await ctx.api.get(`/v1/experiments/${id}`));
  }

  function changed(id, experiment) {
    if (experiment === null) shown.delete(id);
    else if (shown.has(id)) shown.set(id, experiment);
    show();
  }

  await refresh();
  ctx.every(POLL_MS, () => refresh().catch((error) => {
    // The header tells of a service that is away; whatever else is wrong will be told at the next click.
    if (!["AbortError", "Unreachable", "ApiError"].includes(error.name)) throw error;
  }));
}

function nothing(filtered, clear) {
  if (filtered) return [h("p", null, "No experiment is like that."), h("button", { type: "button", on: { click: clear } }, "Show all")];
  return [
    h("p", null, "Nothing has been asked for yet."),
    h("p", null, h("a", { href: "#/new" }, "Make an experiment"), " or run a ", h("a", { href: "#/figures" }, "figure of the paper"), "."),
  ];
}
