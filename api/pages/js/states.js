// What states of runs and experiments mean, and counts of them.

const OVER = new Set(["succeeded", "failed", "cancelled"]);

/** Whether a run or an experiment in this state has ended. */
export function isOver(state) {
  return OVER.has(state);
}

/** How many runs an experiment has. */
export function totalOf({ counts }) {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}
