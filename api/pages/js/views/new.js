// New experiment: a form made from the JSON schema of the spec, the spec itself beside it, and what it would do.

import { ApiError, newKey } from "../api.js";
import { append, h, setText } from "../dom.js";
import { draft, dropDraft, keepDraft } from "../form/draft.js";
import { dryRuns } from "../form/dryrun.js";
import { jsonEditor } from "../form/editor.js";
import { createForm } from "../form/form.js";
import { createOffers } from "../form/offers.js";
import { kindRules } from "../form/kinds.js";
import { outlook } from "../form/outlook.js";
import { copy } from "../form/pointer.js";
import { readSchema } from "../form/schema.js";
import { startChooser, startOf } from "../form/starts.js";
import { pretty } from "../form/text.js";

export async function mount(root, params, ctx) {
  ctx.setTitle("New experiment");
  const [schemaJson, problems] = await Promise.all([ctx.api.get("/v1/schema"), ctx.api.get("/v1/problems")]);
  const schema = readSchema(schemaJson);
  const parts = { ctx, schema, rules: kindRules(schema, problems.items) };
  let now = { query: ctx.query, spec: {}, text: "" };
  let before = null;
  let fault = null;
  let whole = null;
  let key = newKey();
  let busy = false;

  const offers = createOffers(ctx);
  const form = createForm({ ...parts, offers, changed: () => took(editor.show(now.spec)) });
  const editor = jsonEditor({
    edited(read, text) {
      if (read.value) form.show((now.spec = read.value));
      took(read, text);
    },
  });
  const card = outlook({ goTo, again: () => dry.ask(now.text, true) });
  const line = h("p", { class: "sum", role: "status" });
  const submit = h("button", { type: "submit", class: "primary" }, "Submit");
  const dry = dryRuns(ctx, heard);
  const chooser = startChooser(parts, (query) => ctx.attempt(() => load(query, now)));
  const said = h("span", null);
  const back = h("button", { type: "button", class: "small", hidden: true, on: { click: () => (before ? restore(before) : ctx.attempt(() => load(now.query))) } });
  const element = h("form", { class: "new-form", novalidate: true, "aria-label": "new experiment" },
    offers.element, form.element,
    h("div", { class: "beside" }, card.element, editor.element),
    h("div", { class: "submit-bar" }, line, h("span", { class: "soft keys" }, "Ctrl + Enter"), submit));
  append(root, [
    h("div", { class: "view-head" }, h("div", null, h("h1", null, "New experiment"), h("p", { class: "soft said" }, said, " ", back)),
      chooser.element),
    element,
  ]);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      send();
    } else if (event.target.matches("input")) {
      // Enter in a field looks ahead; it would be a costly slip for it to submit.
      event.preventDefault();
      dry.ask(now.text, true);
    }
  });

  const left = draft();
  if (left && (!Object.keys(ctx.query).length || pretty(left.query) === pretty(ctx.query))) {
    restore(left);
    tell("This is what you had not submitted.", "Start over");
  } else await load(ctx.query, left);

  /** A change was made: the text beside the form is what counts from here on. */
  function took(read, text = pretty(now.spec)) {
    // A dry run may take seconds to say something else.
    if (fault && !read.fault) setText(line, "");
    fault = read.fault ?? null;
    now.text = text;
    key = newKey();
    whole = null;
    if (!keepDraft(now)) ctx.announce("The browser cannot keep this: it does not survive a reload of the tab", "error");
    look();
  }

  function look(at = false) {
    if (!fault) return dry.ask(pretty(now.spec), at);
    dry.stop();
    return heard({ fault });
  }

  function heard(news) {
    const sum = card.show(news);
    if (sum === null) return;
    setText(line, sum);
    line.classList.toggle("error", !news.found);
    form.faults.show(news.errors ?? []);
    setText(submit, news.found ? `Submit ${news.found.cells === 1 ? "this run" : `${news.found.cells.toLocaleString("en-US")} runs`}` : "Submit");
    if (news.found) form.tellDefaults(news.found.spec);
    // Where what was left to defaults means something else now, all of it is told.
    if (whole && !news.trouble && whole.digest !== news.found?.digest) put({ ...now, spec: whole.spec, text: pretty(whole.spec) });
    whole = null;
  }

  function put(next) {
    now = next;
    chooser.show(now.query);
    fault = editor.show(now.spec, now.text).fault ?? null;
    form.show(now.spec);
    key = newKey();
    look(true);
  }

  async function load(query, instead = null) {
    const start = await startOf(query, parts);
    before = instead;
    dropDraft();
    put({ query: start.query, spec: start.spec, text: pretty(start.spec) });
    whole = start.whole ? { spec: start.whole, digest: start.digest } : null;
    ctx.navigate(ctx.href("/new", start.query).slice(1), { silent: true });
    tell(`Started from ${start.from}.`, before && "Back to what was there");
  }

  function restore(next) {
    before = null;
    put(copy(next));
    keepDraft(now);
    ctx.navigate(ctx.href("/new", now.query).slice(1), { silent: true });
    tell("", null);
  }

  function tell(text, undo) {
    setText(said, text);
    back.hidden = !undo;
    setText(back, undo ?? "");
  }

  function goTo(pointer) {
    if (!pointer || !form.faults.focus(pointer)) editor.focus();
  }

  async function send() {
    if (busy) return;
    if (fault) {
      editor.focus();
      return;
    }
    busy = submit.disabled = true;
    try {
      const made = await ctx.api.post("/v1/experiments", pretty(now.spec), { key });
      dropDraft();
      ctx.navigate(`/experiments/${made.id}`);
    } catch (error) {
      if (error instanceof ApiError && error.errors.length) {
        heard({ errors: error.errors });
        goTo(error.pointer);
      }
      // The same key again, so that an answer that was lost makes no second experiment.
      await ctx.attempt(() => Promise.reject(error));
    } finally {
      busy = submit.disabled = false;
    }
  }
}
