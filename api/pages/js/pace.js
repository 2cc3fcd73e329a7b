// Work that is asked for more often than it should be done.

import { Unreachable } from "./api.js";

const AWAY_MS = 3000;

/**
 * A function that has `action()` (async) done soon: never twice at once, at most once in `least` ms, and in no more than
 * a quarter of the time where it takes long; asked for meanwhile, once more afterwards, and again until the service
 * answers. Refusals are shown.
 */
export function paced(action, ctx, least = 1000) {
  let running = false;
  let again = false;
  let next = 0;
  let timer = null;
  ctx.onLeave(() => clearTimeout(timer));

  async function go() {
    timer = null;
    running = true;
    again = false;
    const begin = performance.now();
    await ctx.attempt(() => action().catch(away));
    running = false;
    next = Math.max(next, begin + Math.max(least, 4 * (performance.now() - begin)));
    if (again && !ctx.signal.aborted) ask();
  }

  function away(error) {
    if (error instanceof Unreachable) {
      again = true;
      next = performance.now() + AWAY_MS;
    }
    throw error;
  }

  function ask() {
    if (running) again = true;
    else if (timer === null) timer = setTimeout(go, Math.max(0, next - performance.now()));
  }
  return ask;
}

/**
 * A function that has `action()` (async) done: never twice at once. Who asks while it goes on waits until it was done once
 * more, for what it says may be older than the question. Refusals are shown.
 */
export function renewed(action, ctx) {
  let going = null;
  let again = false;
  return () => {
    again = going !== null;
    going ??= ctx.attempt(async () => {
      do {
        again = false;
        await action();
      } while (again);
    }).finally(() => {
      going = null;
    });
    return going;
  };
}

/**
 * Two ways to have `look(current, ...)` (async) done: `ask(...)` at once, for somebody waits, and `update()`, paced. `current()`
 * tells whether nothing has been asked for since. What a service that is away was asked for comes once it is back.
 */
export function latest(look, ctx) {
  let turns = 0;
  const go = (...more) => {
    const mine = (turns += 1);
    return look(() => mine === turns, ...more);
  };
  const update = paced(() => go(), ctx);
  const later = (error) => {
    if (error instanceof Unreachable) update();
    throw error;
  };
  return { ask: (...more) => ctx.attempt(() => go(...more).catch(later)), update };
}
