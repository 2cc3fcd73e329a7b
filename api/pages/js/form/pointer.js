// JSON pointers (RFC 6901) into a spec.

export const names = (pointer) => pointer.split("/").slice(1).map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is at a pointer, undefined where nothing is. */
export function read(value, pointer) {
  return names(pointer).reduce((at, name) => (typeof at === "object" && at !== null && Object.hasOwn(at, name) ? at[name] : undefined), value);
}

/** Puts a value at a pointer. Undefined takes it away, and with it the objects that it leaves empty. */
export function write(root, pointer, value) {
  const path = names(pointer);
  const last = path.pop();
  const above = [root];
  for (const [depth, name] of path.entries()) {
    const at = above.at(-1);
    const inList = Array.isArray(at[name]) && /^\d+$/.test(path[depth + 1] ?? last);
    if (!isObject(at[name]) && !inList) {
      if (value === undefined) return;
      at[name] = {};
    }
    above.push(at[name]);
  }
  if (value !== undefined) above.at(-1)[last] = value;
  else if (Array.isArray(above.at(-1))) above.at(-1).splice(Number(last), 1);
  else delete above.at(-1)[last];
  for (let depth = path.length; value === undefined && depth > 0; depth -= 1) {
    if (!isObject(above[depth]) || Object.keys(above[depth]).length || Array.isArray(above[depth - 1])) break;
    delete above[depth - 1][path[depth - 1]];
  }
}

export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
export const copy = (value) => structuredClone(value);
