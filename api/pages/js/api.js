// The public calls of the service: JSON, problems, ETags, tokens, pages.

import { askToken, token } from "./token.js";

// In characters of JSON: what has many numbers is asked for with ever other ranges, and seldom the same again.
const LARGEST = 1_000_000;
const MOST = 8_000_000;
const kept = new Map();
let size = 0;

/** What the service refused, as RFC 9457 tells it. `errors`: `[{pointer, message, value}]`, maybe none. */
export class ApiError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `the service answered ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.type = problem.type ?? "";
    this.title = problem.title ?? "";
    this.errors = problem.errors ?? [];
    this.quota = problem.quota ?? null;
    this.retryAfter = retryAfter;
  }

  /** The first field that is wrong, such as /regularization/l1; null where no field is. */
  get pointer() {
    return this.errors[0]?.pointer ?? null;
  }
}

/** The service could not be reached. */
export class Unreachable extends Error {
  constructor() {
    super("the service does not answer");
    this.name = "Unreachable";
  }
}

/** Whether an error only says that the view which asked has been left. */
export function isAbort(error) {
  return error?.name === "AbortError";
}

/** `path` with a query: arrays repeat their name; null and undefined are left out. */
export function withQuery(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of [value].flat()) if (one !== null && one !== undefined && one !== "") search.append(name, String(one));
  }
  const text = search.toString();
  return text ? `${path}${path.includes("?") ? "&" : "?"}${text}` : path;
}

/**
 * The raw answer to a request, with the token of this tab; asks for one where the service wants it. `background`: nobody
 * waits for it, so that who has given no token before is not asked again.
 * Throws Unreachable, and ApiError for every status from 400 on.
 */
export async function request(path, { method = "GET", headers = {}, body, signal, background = false } = {}) {
  for (;;) {
    const secret = token();
    const sent = secret === null ? headers : { ...headers, Authorization: `Bearer ${secret}` };
    let answer;
    try {
      answer = await fetch(path, { method, headers: sent, body, signal, cache: "no-store", credentials: "omit" });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new Unreachable();
    }
    if (answer.status === 401 && (await askToken(secret, background))) continue;
    if (answer.status >= 400) throw await refusal(answer);
    return answer;
  }
}

async function refusal(answer) {
  let problem = {};
  try {
    if ((answer.headers.get("Content-Type") ?? "").includes("json")) problem = await answer.json();
  } catch (error) {
    // A refusal that broke off is one still.
    if (isAbort(error)) throw error;
  }
  return new ApiError(answer.status, problem, Number(answer.headers.get("Retry-After")) || null);
}

/** What an answer says, once all of it is here. Throws Unreachable where it broke off, or is not the service's. */
async function whole(reading) {
  try {
    return await reading;
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Unreachable();
  }
}

/** JSON of a GET. What has not changed (ETag) is the same object again: never change it. */
export async function get(path, { query, signal } = {}) {
  const address = withQuery(path, query);
  const known = kept.get(address);
  const headers = { Accept: "application/json", ...(known && { "If-None-Match": known.etag }) };
  const answer = await request(address, { headers, signal });
  if (answer.status === 304) return known.value;
  const text = await whole(answer.text());
  const value = await whole(Promise.resolve(text).then(JSON.parse));
  keep(address, { etag: answer.headers.get("ETag"), value, size: text.length });
  return value;
}

function keep(address, answer) {
  drop(address);
  if (!answer.etag || answer.size > LARGEST) return;
  kept.set(address, answer);
  size += answer.size;
  while (size > MOST) drop(kept.keys().next().value);
}

function drop(address) {
  size -= kept.get(address)?.size ?? 0;
  kept.delete(address);
}

/** JSON of a POST. `key` names the submission, so that sending it again after a failure does nothing twice. */
export async function post(path, body, { query, signal, key = newKey() } = {}) {
  const headers = { Accept: "application/json", "Idempotency-Key": key };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const answer = await request(withQuery(path, query), { method: "POST", headers, body: text, signal });
  return whole(answer.json());
}

/** JSON of a DELETE. */
export async function remove(path, { query, signal } = {}) {
  const answer = await request(withQuery(path, query), { method: "DELETE", headers: { Accept: "application/json" }, signal });
  return whole(answer.json());
}

/** A file in the form that is asked for, as a Blob. */
export async function blob(path, { query, accept = "*/*", signal } = {}) {
  const answer = await request(withQuery(path, query), { headers: { Accept: accept }, signal });
  return whole(answer.blob());
}

/** One page of a list: `{items, next}`; `next` is the address of the page after it (from `Link`), or null. */
export async function page(path, { query, signal, background } = {}) {
  const answer = await request(withQuery(path, query), { headers: { Accept: "application/json" }, signal, background });
  const { items } = await whole(answer.json());
  return { items, next: nextLink(answer.headers.get("Link")) };
}

/** The pages of a list, one after the other. */
export async function* pages(path, options = {}) {
  let next = withQuery(path, options.query);
  while (next !== null) {
    const found = await page(next, { signal: options.signal });
    yield found.items;
    next = found.next;
  }
}

/** Saves an answer as a file of this name; the token goes with it, which a plain link could not do. */
export async function download(path, name, options = {}) {
  const address = URL.createObjectURL(await blob(path, options));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function nextLink(header) {
  const found = /<([^>]+)>\s*;\s*rel="?next"?/.exec(header ?? "");
  return found ? found[1] : null;
}

/** A fresh Idempotency-Key. */
export function newKey() {
  // randomUUID needs a secure context, which plain HTTP in a laboratory is not.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
