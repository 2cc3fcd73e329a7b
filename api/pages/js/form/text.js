// A spec as text: JSON that people like to read, the same as Python, and where a text is no JSON.

const WIDTH = 56;
const DEEPEST = 32;
const JSON_WORDS = new Map([[null, "null"], [true, "true"], [false, "false"]]);
const PYTHON_WORDS = new Map([[null, "None"], [true, "True"], [false, "False"]]);

/** The shortest text of a number: 1e-5, 0.25, 120000. */
export function shortest(value) {
  // What JSON.parse reads as infinite goes on as it came, for the service to refuse.
  if (!Number.isFinite(value)) return value > 0 ? "1e999" : "-1e999";
  const plain = String(value).replace("e+", "e");
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return plain;
  const power = value.toExponential().replace("e+", "e");
  return power.length + 1 < plain.length ? power : plain;
}

/** The value as JSON: on one line what fits there. */
export const pretty = (value) => layout(value, "", JSON_WORDS);
/** The value as a Python literal. */
export const python = (value) => layout(value, "", PYTHON_WORDS);
/** The value on one line. */
export const oneLine = (value) => compact(value, JSON_WORDS);

function compact(value, words) {
  if (typeof value === "number") return shortest(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => compact(item, words)).join(", ")}]`;
  if (words.has(value)) return words.get(value);
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${compact(item, words)}`).join(", ")}}`;
}

function layout(value, indent, words, before = 0) {
  const line = compact(value, words);
  if (typeof value !== "object" || value === null || (indent && indent.length + before + line.length <= WIDTH)) return line;
  const deeper = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item) => layout(item, deeper, words))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${layout(item, deeper, words, name.length + 4)}`);
  if (parts.length === 0) return open + close;
  const scalars = Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null);
  return `${open}\n${deeper}${scalars ? filled(parts, deeper) : parts.join(`,\n${deeper}`)}\n${indent}${close}`;
}

function filled(parts, indent) {
  const lines = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + last.length + part.length + 2 <= WIDTH) lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines.join(`,\n${indent}`);
}

/** The JSON in a text: `{value}`, or `{fault: {at, line, column, message}}` at the first place where it is none. */
export function parse(text) {
  const deep = tooDeep(text);
  if (deep !== null) return { fault: placed(text, deep, `nested deeper than ${DEEPEST} levels`) };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Engines word faults differently and leave out where they are.
    const { at, wanted } = firstFault(text);
    const found = at < text.length ? JSON.stringify(text.slice(at, at + 20).split("\n")[0]) : "nothing";
    return { fault: placed(text, at, `${wanted} is expected, and there is ${found}`) };
  }
}

function placed(text, at, message) {
  const before = text.slice(0, at).split("\n");
  const [line, column] = [before.length, before.at(-1).length + 1];
  return { at, line, column, message: `line ${line}, column ${column}: ${message}` };
}

/** Where brackets are deeper than the service takes, null if nowhere: what reads and writes JSON calls itself a level. */
function tooDeep(text) {
  let depth = 0;
  for (const { 0: sign, index } of text.matchAll(/"(?:[^"\\]+|\\.)*"?|[[\]{}]/gs)) {
    if (sign === "[" || sign === "{") depth += 1;
    else if (sign === "]" || sign === "}") depth -= 1;
    if (depth > DEEPEST) return index;
  }
  return null;
}

const SPACE = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

function firstFault(text) {
  let at = 0;
  let fault = null;
  const take = (form) => {
    form.lastIndex = at;
    const found = form.test(text);
    if (found) at = form.lastIndex;
    return found;
  };
  const mark = (sign) => {
    take(SPACE);
    const found = text[at] === sign;
    if (found) at += 1;
    return found;
  };
  const miss = (wanted) => {
    take(SPACE);
    fault ??= { at, wanted };
    return false;
  };
  const member = () => (take(SPACE), take(TEXT) || miss("a name in double quotes")) && (mark(":") || miss("a colon")) && value();
  function items(close, one) {
    if (mark(close)) return true;
    do if (!one()) return false; while (mark(","));
    return mark(close) || miss(`a comma or ${close}`);
  }
  function value() {
    if (mark("{")) return items("}", member);
    if (mark("[")) return items("]", value);
    return take(TEXT) || take(SCALAR) || miss("a value");
  }
  if (value()) miss("the end");
  return fault;
}
