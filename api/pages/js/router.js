// Hash routes: each names a view, a module that is loaded when it is first wanted.

import { ApiError, Unreachable, blob, download, get, isAbort, page, pages, post, remove, request } from "./api.js";
import { append, fill, h } from "./dom.js";
import { follow } from "./live.js";
import { announce, setCurrent, showTrouble } from "./layout.js";

const ROUTES = [
  [/^\/?$/, () => import("./views/experiments.js"), []],
  [/^\/experiments$/, () => import("./views/experiments.js"), []],
  [/^\/experiments\/([^/]+)$/, () => import("./views/experiment.js"), ["id"]],
  [/^\/runs\/([^/]+)$/, () => import("./views/run.js"), ["id"]],
  [/^\/new$/, () => import("./views/new.js"), []],
  [/^\/figures$/, () => import("./views/figures.js"), []],
  [/^\/figures\/([^/]+)$/, () => import("./views/figure.js"), ["id"]],
];

const AGAIN_MS = 3000;

let leave = null;
let visit = 0;

/** Starts to follow the address; views are shown in `main`. */
export function startRouter(main) {
  window.addEventListener("hashchange", () => show(main));
  return show(main);
}

/** Goes to a route such as `/runs/run_...`. `replace` leaves no step in the history, and `silent` mounts nothing. */
export function navigate(route, { replace = false, silent = false } = {}) {
  const hash = `#${route}`;
  if (silent) window.history.replaceState(null, "", hash);
  else if (replace) window.location.replace(hash);
  else window.location.hash = hash;
}

/** `route` with a query, as `#/experiments?tag=demo`: what a view keeps in its address. */
export function href(route, query = {}) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  const text = search.toString();
  return `#${route}${text ? `?${text}` : ""}`;
}

async function show(main) {
  const mine = (visit += 1);
  leave?.();
  leave = null;
  const [path, ...search] = window.location.hash.slice(1).split("?");
  const query = Object.fromEntries(new URLSearchParams(search.join("?")));
  setCurrent(path || "/experiments");
  const root = h("div", { class: "view" });
  const abort = new AbortController();
  const cleanups = [];
  leave = () => {
    abort.abort();
    for (const cleanup of cleanups.splice(0)) cleanup();
  };
  fill(main, root);
  window.scrollTo(0, 0);
  // Who reads by ear or keyboard goes on where the new view begins.
  if (mine > 1) main.focus({ preventScroll: true });
  const route = ROUTES.find(([form]) => form.test(path));
  const values = route && decoded(route[0].exec(path).slice(1));
  try {
    if (!values) {
      setTitle("Not here");
      append(root, [h("h1", null, "There is no such page"), h("p", null, h("a", { href: "#/experiments" }, "All experiments"))]);
      return;
    }
    const [, load, names] = route;
    const params = Object.fromEntries(names.map((name, at) => [name, values[at]]));
    const view = await load().catch(notThere);
    if (mine !== visit) return;
    const unmount = await view.mount(root, params, context(abort.signal, query, cleanups));
    if (typeof unmount !== "function") return;
    if (mine === visit) cleanups.push(unmount);
    else unmount();
  } catch (error) {
    if (isAbort(error) || mine !== visit) return;
    setTitle("Trouble");
    const away = error instanceof Unreachable;
    showTrouble(root, error, away ? () => show(main) : () => window.location.reload());
    if (away) await answered(abort.signal);
    else if (!(error instanceof ApiError)) throw error;
    if (away && mine === visit) await show(main);
  }
}

/** Parts of a path without their escapes; null where those are broken. */
function decoded(parts) {
  try {
    return parts.map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** A module that could not be fetched is another sign of a service that is away. */
function notThere(error) {
  throw error instanceof TypeError ? new Unreachable() : error;
}

/** Waits until the service answers, or the view is left. */
async function answered(signal) {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    try {
      await request("/readyz", { signal });
      return;
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof Unreachable) && !isAbort(error)) throw error;
    }
  }
}

function setTitle(text) {
  document.title = text ? `${text} · Groklab` : "Groklab";
}

/** What a view gets; its requests end, and its streams and timers stop, when it is left. */
function context(signal, query, cleanups) {
  // What was waited for may come after the view was left.
  const onLeave = (cleanup) => (signal.aborted ? cleanup() : cleanups.push(cleanup));
  const bound = (call) => (path, options) => call(path, { ...options, signal: options?.signal ?? signal });
  return {
    signal,
    query,
    api: {
      get: bound(get),
      page: bound(page),
      pages: bound(pages),
      blob: bound(blob),
      remove: bound(remove),
      post: (path, body, options) => post(path, body, { ...options, signal: options?.signal ?? signal }),
      download,
    },
    follow(path, options) {
      const stream = follow(path, options);
      onLeave(stream.close);
      return stream;
    },
    /** Calls `action` every `ms` while the tab is visible, until the view is left. */
    every(ms, action) {
      const timer = setInterval(() => {
        if (!document.hidden) action();
      }, ms);
      onLeave(() => clearInterval(timer));
    },
    /** Calls `cleanup` when the view is left. */
    onLeave,
    /** Runs an async action of an event listener: aborts are quiet, refusals are shown at the top of the page. */
    async attempt(action) {
      try {
        return await action();
      } catch (error) {
        if (!isAbort(error) && !signal.aborted) announce(error.message, "error");
        if (!isAbort(error) && !(error instanceof ApiError) && error.name !== "Unreachable") throw error;
        return undefined;
      }
    },
    announce,
    setTitle,
    navigate,
    href,
  };
}
