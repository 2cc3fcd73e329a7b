// All there is about one run: times, curves, vectors, history, provenance, files; live while it trains.

import { append, h } from "../dom.js";
import { latest, renewed } from "../pace.js";
import { runCurves } from "./curves.js";
import { runFiles } from "./files.js";
import { runHead } from "./head.js";
import { runHistory } from "./history.js";
import { runProvenance } from "./provenance.js";
import { runVectors } from "./vectors.js";

/**
 * Shows a run in `root`. `alone`: it is the only one of its experiment, whose header stands above and has its state.
 * `onRun(run)` is called whenever the run's row was read again, `onGone()` once it is deleted. Returns `{restart}`, which
 * looks and follows anew after an action on the experiment.
 */
export async function mountRun(root, first, ctx, { alone = false, onRun = () => {}, onGone }) {
  let run = first;
  const path = `/v1/runs/${first.id}`;
  const analysis = await answerOrNull(() => ctx.api.get(`${path}/analysis`));
  const head = runHead(run, ctx, { alone, took });
  const curves = runCurves(path, ctx);
  const vectors = runVectors(path, ctx);
  const history = runHistory(path, ctx);
  const files = runFiles(run, ctx);
  const provenance = runProvenance();
  append(root, [head.element, curves.element, vectors.element,
    h("div", { class: "columns" }, h("div", { class: "stack" }, history.element, files.element), provenance.element)]);
  const parts = [head, curves, vectors, history, files, provenance];
  // The view may be left, or what it waits for fail, before all is here.
  ctx.onLeave(() => {
    for (const part of parts) part.destroy?.();
  });
  for (const part of parts) part.update(run, analysis);

  let stream = null;

  /** Reads the run and what theory says of it anew. */
  const look = renewed(async () => {
    run = await ctx.api.get(path);
    const said = await answerOrNull(() => ctx.api.get(`${path}/analysis`));
    for (const part of parts) part.update(run, said);
    onRun(run);
  }, ctx);

  // Points come as fast as they are recorded, which may be faster than they can be drawn.
  const { ask: draw, update: soon } = latest(() => Promise.all([curves.refresh(), vectors.refresh()]), ctx);

  function follow() {
    stream?.close();
    stream = ctx.follow(`${path}/stream`, {
      history: false,
      onOpen: (was) => was && look().then(draw),
      on: {
        progress: (now) => head.progress(now),
        points: soon,
        state: look,
        t1: look,
        t2: look,
        diverged: look,
        end: ({ reason }) => (reason === "deleted" ? onGone() : look().then(draw)),
      },
    });
  }

  function took(answer) {
    run = answer;
    return restart();
  }

  async function restart() {
    await look();
    follow();
  }

  follow();
  await draw();
  return { restart };
}

/** The answer, or null where the service has none to give (409: not recorded, or too early). */
async function answerOrNull(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error.status === 409) return null;
    throw error;
  }
}
