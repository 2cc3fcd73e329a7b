// What one may do with experiments and runs, each asked for once more in a dialog.

import { h } from "./dom.js";
import { confirmAction, openDialog } from "./dialogs.js";
import { bytes, int, runs, titleOf } from "./format.js";
import { copyButton } from "./copy.js";
import { totalOf } from "./states.js";
import { token } from "./token.js";

const UNFINISHED = ["queued", "running", "cancelling"];

/** How many runs of an experiment have not ended. */
export function unfinished({ counts }) {
  return UNFINISHED.reduce((sum, state) => sum + counts[state], 0);
}

/**
 * The actions that this experiment takes now, as entries of a menu. `done(experiment | null)` is called with what the
 * service answered, null once it is deleted.
 */
export function experimentActions(experiment, ctx, done) {
  const path = `/v1/experiments/${experiment.id}`;
  // Within a sentence it keeps the direction of its letters to itself.
  const name = () => h("bdi", null, titleOf(experiment));
  const going = unfinished(experiment);
  const again = experiment.counts.failed + experiment.counts.cancelled;
  const act = (verb, body) => async () => done(await ctx.api.post(`${path}/${verb}`, body?.()));
  return [
    going > 0 && {
      label: "Cancel",
      act: () => confirmAction({
        title: "Cancel this experiment?", label: "Cancel its runs", danger: true,
        text: [name(), `: ${runs(going)} ${going === 1 ? "has" : "have"} not ended. What was recorded stays, and they can be retried.`],
        act: act("cancel"),
      }),
    },
    again > 0 && {
      label: "Retry",
      act: () => confirmAction({
        title: "Retry?", label: `Retry ${runs(again)}`,
        text: [name(), ": runs that failed or were cancelled go on from what was kept of them."], act: act("retry"),
      }),
    },
    going === 0 && experiment.counts.succeeded > 0 && { label: "Extend", act: () => extendDialog(name(), experiment.spec.steps, true, act) },
    { label: "Show as JSON", act: () => ctx.attempt(() => showJson(path, ctx)) },
    { label: "Show as curl", act: () => curlDialog(experiment) },
    { label: "New one from this", href: `#/new?from=${encodeURIComponent(experiment.id)}` },
    {
      label: "Delete", danger: true,
      act: () => confirmAction({
        title: "Delete this experiment?", label: "Delete for good", danger: true,
        text: [name(), ` with ${runs(totalOf(experiment))} and all that they recorded${going ? "; those that go on are cancelled" : ""}. There is no way back.`],
        act: async () => {
          const gone = await ctx.api.remove(path, { query: { force: going > 0 ? "true" : null } });
          ctx.announce([name(), ` is deleted: ${bytes(gone.bytes_freed)} freed`]);
          done(null);
        },
      }),
    },
  ];
}

/** The actions that this run takes now; `done(run)` is called with what the service answered. */
export function runActions(run, ctx, done) {
  const path = `/v1/runs/${run.id}`;
  const act = (verb, body) => async () => done(await ctx.api.post(`${path}/${verb}`, body?.()));
  return [
    ["queued", "running"].includes(run.state) && {
      label: "Cancel",
      act: () => confirmAction({
        title: "Cancel this run?", label: "Cancel it", danger: true,
        text: "It stops within seconds. What it recorded stays, and it can be retried.", act: act("cancel"),
      }),
    },
    ["failed", "cancelled"].includes(run.state) && {
      label: "Retry",
      act: () => confirmAction({ title: "Retry this run?", label: "Retry it", text: "It goes on from what was kept of it.", act: act("retry") }),
    },
    run.state === "succeeded" && { label: "Extend", act: () => extendDialog("This run", run.steps, false, act) },
    run.state === "succeeded" && {
      label: "Verify",
      act: () => confirmAction({
        title: "Train it once more?", label: "Verify",
        text: "A second training from the start is compared with this one, number by number. This run stays as it is.",
        act: async () => {
          const made = await ctx.api.post(`${path}/verify`);
          ctx.announce("Verification started");
          ctx.navigate(new URL(made.links.run, window.location.href).pathname.replace("/v1", ""));
        },
      }),
    },
    { label: "Show as JSON", act: () => ctx.attempt(() => showJson(path, ctx)) },
  ];
}

function extendDialog(name, steps, sweep, act) {
  const least = (typeof steps === "number" ? steps : 0) + 1;
  const input = h("input", { id: "extend-steps", type: "number", min: String(least), step: "1", required: true, value: String(2 * (least - 1)) });
  const censored = h("input", { id: "extend-censored", type: "checkbox", checked: sweep });
  return confirmAction({
    title: "More steps", label: "Extend",
    text: [name, ` had ${int(least - 1)} steps; training goes on from the state of the last one.`],
    fields: [
      h("div", { class: "field" }, h("label", { for: "extend-steps" }, "Steps in all"), input),
      sweep && h("div", null, censored, h("label", { for: "extend-censored" }, "only runs whose t2 was not seen")),
    ].filter(Boolean),
    act: act("extend", () => ({ steps: Number(input.value), censored_only: sweep && censored.checked })),
  });
}

async function showJson(path, ctx) {
  if (token() === null) {
    window.open(path, "_blank", "noopener");
    return;
  }
  // A plain link would go without the token.
  const value = await ctx.api.get(path);
  const text = JSON.stringify(value, null, 2);
  await openDialog({
    title: path,
    body: h("pre", { class: "json", tabindex: "0" }, text),
    actions: [{ label: "Close", value: null }],
  });
}

/** The line that asks for an experiment like this one, quoted for a shell. */
export function curlLine(experiment) {
  const header = token() === null ? "" : ` -H "Authorization: Bearer $GROKLAB_TOKEN"`;
  const body = JSON.stringify(experiment.spec).replaceAll("'", `'\\''`);
  return `curl -s ${window.location.origin}/v1/experiments${header} -H 'Content-Type: application/json' -d '${body}'`;
}

function curlDialog(experiment) {
  const line = curlLine(experiment);
  return openDialog({
    title: "The same from a shell",
    body: [h("pre", { class: "wrap", tabindex: "0" }, line), h("div", { class: "row" }, copyButton("Copy", () => line))],
    actions: [{ label: "Close", value: null }],
  });
}
