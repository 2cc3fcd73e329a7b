// What a spec would do, asked of the service while one types.

import { ApiError, isAbort, Unreachable } from "../api.js";

const REST_MS = 350;
const LONGEST_MS = 4000;
// Other refusals are no fault of the spec: it may be the token that does not suffice, or the disk that is full.
const ABOUT_SPEC = new Set([400, 409, 413, 422]);

/**
 * Asks for dry runs, the latest text alone: `ask(text)` soon, `ask(text, true)` at once. `told` is called with
 * `{busy: true}`, `{found}`, `{errors, message}` (a refusal), or `{trouble}` (no answer).
 */
export function dryRuns(ctx, told) {
  let timer = null;
  let open = null;
  let took = 0;

  function stop() {
    clearTimeout(timer);
    open?.abort();
    open = null;
  }
  ctx.onLeave(stop);

  function ask(text, now = false) {
    stop();
    // The service finishes what it has begun: sweeps that take it long are asked for less often.
    timer = setTimeout(() => run(text), now ? 0 : Math.min(LONGEST_MS, Math.max(REST_MS, took)));
  }

  async function run(text) {
    open = new AbortController();
    const { signal } = open;
    told({ busy: true });
    const began = performance.now();
    try {
      const found = await ctx.api.post("/v1/experiments", text, { query: { dry_run: "true" }, signal });
      took = performance.now() - began;
      if (signal.aborted) return;
      told({ found });
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      if (error instanceof ApiError && error.retryAfter) {
        timer = setTimeout(() => run(text), error.retryAfter * 1000);
        told({ trouble: `${error.message}; asking again in ${error.retryAfter} s` });
      } else if (error instanceof ApiError && ABOUT_SPEC.has(error.status)) told({ errors: error.errors, message: error.message });
      else if (error instanceof ApiError || error instanceof Unreachable) told({ trouble: error.message });
      else throw error;
    }
  }

  return { ask, stop };
}
