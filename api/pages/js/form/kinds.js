// Changes of kind: what still fits is kept, and what must be there is filled in.

import { copy, isObject, read, same, write } from "./pointer.js";

const STEPS = 10_000;

/** Rules of kinds for a schema (`readSchema`) and the problems as the service lists them. */
export function kindRules(schema, problems) {
  const models = new Map(problems.map(({ kind, models: known }) => [kind, known]));
  const example = (problem) => schema.examples.find((one) => one.problem.kind === problem);

  /** The kinds that go with the rest of the spec, at /problem, /model and /optimizer; null elsewhere. */
  function fitting(spec, pointer) {
    const known = models.get(spec.problem?.kind);
    if (pointer === "/model" && known) return Object.keys(known);
    if (pointer === "/optimizer" && known) return Object.hasOwn(known, spec.model?.kind) ? known[spec.model.kind] : null;
    return null;
  }

  /** Whether a field says nothing of this spec: its description begins with those that it is for. */
  function isElsewhere(spec, { description = "" }) {
    const [, owner] = /^(\w+): /.exec(description) ?? [];
    if (owner === "networks") return spec.model?.kind === "linear";
    return models.has(owner) && owner !== spec.problem?.kind;
  }

  /** Another kind at a pointer; fields that mean the same keep their values. Models and optimizers follow. */
  function change(spec, pointer, kind) {
    const union = nodeAt(pointer);
    const kinds = schema.kindsOf(union);
    const before = read(spec, pointer);
    const [from, to] = [kinds.get(before?.kind), kinds.get(kind)];
    const next = { kind };
    for (const [name, raw] of Object.entries(to.properties)) {
      if (name === "kind") continue;
      if (isObject(before) && Object.hasOwn(before, name) && same(raw, from?.properties[name])) next[name] = before[name];
      else if (to.required?.includes(name)) next[name] = copy(raw.examples?.[0] ?? raw.minimum ?? raw.default ?? null);
    }
    write(spec, pointer, next);
    for (const follower of ["/model", "/optimizer"]) {
      const fit = fitting(spec, follower);
      if (follower === pointer || !fit || fit.includes(read(spec, follower)?.kind)) continue;
      const usual = read(example(spec.problem.kind), follower)?.kind;
      change(spec, follower, fit.includes(usual) ? usual : fit[0]);
    }
    if (pointer !== "/optimizer") dropElsewhere(spec);
  }

  function nodeAt(pointer) {
    const names = pointer.split("/").slice(1);
    return names.reduce((at, name) => schema.property(at, name), schema.root);
  }

  function dropElsewhere(spec) {
    for (const { pointer, node, value } of [...schema.fields(spec)]) {
      if (value !== undefined && isElsewhere(spec, node)) write(spec, pointer, undefined);
    }
  }

  /** The least spec of a kind of problem. */
  function blank(problem) {
    const spec = {};
    change(spec, "/problem", problem);
    return { ...spec, steps: example(problem)?.steps ?? STEPS };
  }

  return { problems: [...models.keys()], fitting, isElsewhere, change, blank };
}
