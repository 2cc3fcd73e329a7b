// What the runs of an experiment show together.

import { append, h } from "../dom.js";

/**
 * Shows the runs of `experiment` below its header, in `root`. Returns `{update(experiment), points(event), destroy()}`:
 * `update` comes with every change of state, counts or progress (at most once a second), `points` with every event of
 * that name; both may come before anything is there to show.
 */
export function mountSweep(root, { experiment }, ctx) {
  append(root, [h("p", null, `${experiment.id} has no views yet`)]);
  return { update() {}, points() {}, destroy() {} };
}
