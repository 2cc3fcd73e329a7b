// Server-sent events through fetch, since EventSource cannot send a token; with Last-Event-ID and back-off.

import { ApiError, isAbort, request, Unreachable } from "./api.js";

const LONGEST_PAUSE = 15_000;
const open = new Set();
const watchers = new Set();

/** Calls `watcher(status)` now and whenever the worst status of all streams changes: "idle", "live", "reconnecting". */
export function watchConnection(watcher) {
  watchers.add(watcher);
  watcher(worst());
  return () => watchers.delete(watcher);
}

function worst() {
  let found = "idle";
  for (const { status } of open) {
    if (status === "reconnecting") return status;
    if (status === "live") found = status;
  }
  return found;
}

let told = "idle";

function tell() {
  const now = worst();
  if (now === told) return;
  told = now;
  for (const watcher of watchers) watcher(now);
}

/**
 * Follows a stream until `close()` or its `end`. `on`: a listener for each event by its name, called with its data.
 * `onOpen(again)` is called at each connection; `again` tells that there was one before: what has no id (progress,
 * points) may have been missed, so ask again for what you show. `onGone(error)`: there is no such stream any more, or
 * it is not for this token. `history: false` leaves out what was before. While the tab is hidden nothing is followed,
 * since a browser lends all tabs of a server six connections together.
 */
export function follow(path, { on = {}, onOpen, onGone, history = true } = {}) {
  const stream = { status: "connecting", last: null, opened: false, pause: 2000, failures: 0, closed: false };
  let abort = null;
  let wake = null;
  open.add(stream);

  function close() {
    stream.closed = true;
    abort?.abort();
    wake?.();
    document.removeEventListener("visibilitychange", turned);
    open.delete(stream);
    tell();
  }

  function turned() {
    if (document.hidden) abort?.abort();
    else wake?.();
  }

  function set(status) {
    stream.status = status;
    tell();
  }

  async function run() {
    while (!stream.closed) {
      if (document.hidden) {
        await new Promise((resolve) => (wake = resolve));
        continue;
      }
      try {
        if (await once()) return close();
        stream.failures = 0;
      } catch (error) {
        if (stream.closed) return;
        if (error instanceof ApiError && ![429, 500, 502, 503, 504].includes(error.status)) {
          close();
          onGone?.(error);
          return;
        }
        if (!isAbort(error) && !(error instanceof Unreachable) && !(error instanceof ApiError) && !isCut(error)) throw error;
      }
      if (stream.closed || document.hidden) continue;
      set("reconnecting");
      stream.failures += 1;
      await sleep(Math.min(LONGEST_PAUSE, (stream.pause / 4) * 2 ** Math.min(stream.failures, 10) * (0.75 + Math.random() / 2)));
    }
  }

  function sleep(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One connection; whether the stream is at its end. */
  async function once() {
    abort = new AbortController();
    const headers = { Accept: "text/event-stream" };
    if (stream.last !== null) headers["Last-Event-ID"] = stream.last;
    const address = history ? path : `${path}?history=false`;
    const answer = await request(address, { headers, signal: abort.signal });
    if (answer.status === 204) return true;
    set("live");
    stream.failures = 0;
    const again = stream.opened;
    stream.opened = true;
    onOpen?.(again);
    // Not piped through a TextDecoderStream: Chromium reports an abort of such a pipe as an error that nobody caught.
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    const parse = parser((event) => {
      if (event.id !== null) stream.last = event.id;
      if (event.retry !== null) stream.pause = event.retry;
      if (event.data === null) return false;
      on[event.name]?.(JSON.parse(event.data));
      return event.name === "end";
    });
    for (;;) {
      const { value, done } = await reader.read();
      if (stream.closed) return true;
      if (done) return false;
      if (parse(decoder.decode(value, { stream: true }))) return true;
    }
  }

  document.addEventListener("visibilitychange", turned);
  run();
  return { close };
}

/** Whether the connection broke off in the middle of a stream. */
function isCut(error) {
  return error instanceof TypeError || error?.name === "NetworkError";
}

/** Takes pieces of text apart into events; `take` is called with each, and says whether it was the last. */
export function parser(take) {
  let rest = "";
  let event = { id: null, name: "message", data: null, retry: null };
  return (piece) => {
    rest += piece;
    let ended = false;
    for (;;) {
      const found = /\r\n|\n|\r(?=.|\n)/.exec(rest);
      if (found === null) return ended;
      const line = rest.slice(0, found.index);
      rest = rest.slice(found.index + found[0].length);
      if (line === "") {
        ended = take(event) || ended;
        event = { id: null, name: "message", data: null, retry: null };
        continue;
      }
      const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (field === "id") event.id = value ?? "";
      else if (field === "event") event.name = value ?? "";
      else if (field === "data") event.data = event.data === null ? (value ?? "") : `${event.data}\n${value ?? ""}`;
      else if (field === "retry" && /^\d+$/.test(value ?? "")) event.retry = Number(value);
    }
  };
}
