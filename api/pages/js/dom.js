// Makes elements. Texts become text nodes and attributes are set as such: no string is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "path", "rect", "circle", "line", "polyline", "polygon", "text", "title", "defs",
  "linearGradient", "stop", "use", "tspan"]);
const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "open", "hidden", "indeterminate", "readOnly"]);

/**
 * An element. `props`: `class`, `dataset: {}`, `style: {"--x": 1}` (through CSSOM), `on: {click: f}`, properties such
 * as `value` and `disabled`, everything else an attribute (`true` is the empty one; null, undefined and false none).
 * `children`: nodes, texts, numbers, arrays of these; null, undefined and false are nothing.
 */
export function h(tag, props, ...children) {
  // <title> lives in both worlds; ours is always SVG's, the document's title is set elsewhere.
  const svg = SVG_TAGS.has(tag);
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProp(element, name, value, svg);
  append(element, children);
  return element;
}

function setProp(element, name, value, svg) {
  if (value === null || value === undefined) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) if (listener) element.addEventListener(event, listener);
  } else if (name === "dataset") {
    for (const [key, text] of Object.entries(value)) element.dataset[key] = text;
  } else if (name === "style") {
    for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
  } else if (!svg && PROPERTIES.has(name)) {
    element[name] = value;
  } else if (name.startsWith("on")) {
    throw new TypeError(`listeners go into props.on, not ${name}`);
  } else if (name === "href" && !safeHref(String(value))) {
    throw new TypeError(`not an address of this server: ${value}`);
  } else if (value !== false) {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

function safeHref(href) {
  // Paths, fragments and blobs alone: no script, nothing elsewhere. Browsers take \ for /, and leave out tabs and breaks.
  return /^(#|\/(?![/\\])|blob:)/.test(href.replace(/[\t\n\r]/g, ""));
}

/** Appends nodes, texts and arrays of these. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === true) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Puts these children in the place of whatever was there. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** Sets the text only where it differs, so that screen readers and selections are left alone. */
export function setText(element, text) {
  const wanted = text === null || text === undefined ? "" : String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/**
 * Keeps the children of `parent` in step with `items`: an element a key, made once by `make(item)`, which returns
 * `{element, update(item)}`. Focus and open dialogs survive, since elements are moved and never made anew.
 */
export function keyed(parent, key, make) {
  const parts = new Map();
  return (items) => {
    const wanted = new Set(items.map(key));
    for (const [name, part] of parts) {
      if (wanted.has(name)) continue;
      part.element.remove();
      part.destroy?.();
      parts.delete(name);
    }
    let at = null;
    for (const item of items) {
      const name = key(item);
      let part = parts.get(name);
      if (part === undefined) parts.set(name, (part = make(item)));
      else part.update(item);
      const next = at === null ? parent.firstChild : at.nextSibling;
      if (next !== part.element) parent.insertBefore(part.element, next);
      at = part.element;
    }
  };
}

let ids = 0;

/** An id that no other element has, for labels and descriptions. */
export function newId(stem = "id") {
  ids += 1;
  return `${stem}-${ids}`;
}
