// A scaling law: a number of every run against another, and the power that fits.

import { ApiError } from "../api.js";
import { fill, h, newId, setText } from "../dom.js";
import { axisName, int, num, words } from "../format.js";
import { latest } from "../pace.js";
import { axesOf } from "./axes.js";
import { choice } from "./controls.js";
import { createScatter } from "./scatter.js";

const MEASURED = [["delay", "delay"], ["t2", "t2"], ["t1", "t1"], ["ratio", "delay / theory"]];

const MOST_POINTS = 20_000;

/** The law in `root`; `open(run id)` is called with a chosen point. Returns `{update, metrics(names), destroy}`. */
export function mountLaw(root, { experiment, rows, open }, ctx) {
  const usual = quantitiesOf(experiment.spec);
  const state = { y: "delay", x: usual[0] };
  const y = choice("Of", MEASURED, state.y, (chosen) => {
    state.y = chosen;
    ask();
  });
  const [id, list] = [newId("law-x"), newId("law-known")];
  const x = h("input", { id, list, value: state.x, autocomplete: "off", spellcheck: "false", maxlength: "200", on: { change: () => turn() } });
  const known = h("datalist", { id: list }, [...usual, "theory.delay", "theory.t1"].map((value) => h("option", { value })));
  const law = h("p", { class: "law-text" });
  const counts = h("p", { class: "soft" });
  const refusal = h("p", { class: "error", role: "alert", hidden: true });
  const section = h("section", { class: "panel sweep-law", "aria-label": "scaling law" },
    h("div", { class: "panel-head" }, h("h2", null, "Scaling law"),
      h("div", { class: "row" }, y.element, h("span", { class: "row choice-of" }, h("label", { for: id }, "against"), x, known))),
    refusal, law, counts);
  root.append(section);
  const scatter = createScatter(section, { label: "points and the fitted law", open });

  function turn() {
    state.x = x.value.trim();
    if (state.x !== "") ask();
  }

  const { ask, update } = latest(async (current) => {
    if (!mayFit(rows.list, state)) {
      refuse({ status: 409, message: "too few runs at different values have it." });
      return;
    }
    try {
      const fit = await ctx.api.get(`/v1/experiments/${encodeURIComponent(experiment.id)}/analysis/fit`, { query: { y: state.y, x: state.x, points: rows.list.length <= MOST_POINTS } });
      if (current()) show(fit);
    } catch (error) {
      if (!(error instanceof ApiError) || ![409, 422].includes(error.status)) throw error;
      if (current()) refuse(error);
    }
  }, ctx);

  function refuse(error) {
    refusal.hidden = false;
    if (error.pointer === "/query/x") x.setAttribute("aria-invalid", "true");
    setText(refusal, error.status === 409 ? `No law yet: ${error.message}` : error.message);
    refusal.classList.toggle("soft", error.status === 409);
    fill(law);
    setText(counts, "");
    scatter.show(null);
  }

  function show(fit) {
    refusal.hidden = true;
    x.removeAttribute("aria-invalid");
    const [across, up] = [shortName(fit.x), MEASURED.find(([name]) => name === fit.y)?.[1] ?? words(fit.y)];
    const digits = decimals(fit);
    fill(law, h("b", null, up), " = ", num(fit.prefactor), " · ", fit.x.includes("*") ? `(${across})` : across, h("sup", null, h("b", null, signed(fit.exponent, digits))),
      fit.interval && h("span", { class: "soft" }, `exponent in [${fit.interval.map((end) => signed(end, digits)).join(", ")}] at ${num(100 * fit.confidence)} %`));
    setText(counts, [`${int(fit.n)} runs fitted`, fit.censored > 0 && `${int(fit.censored)} ended before it and are left out`,
      fit.excluded > 0 && `${int(fit.excluded)} without a number`, fit.points === null && `more than ${int(MOST_POINTS)} points are not drawn`, `residuals in ln y: ${num(fit.residuals.rms, 2)} on average (rms), ${num(fit.residuals.largest, 2)} at most`].filter(Boolean).join(" · "));
    scatter.show({ ...fit, xName: across, yName: up });
    Object.assign(section.dataset, { exponent: fit.exponent.toFixed(4), points: fit.points?.length ?? 0 });
  }

  return {
    update,
    metrics(names) {
      y.offer([...MEASURED, ...names.map((name) => [name, `${words(name)}, last`])]);
      y.set(state.y);
    },
    destroy: scatter.destroy,
  };
}

/** Whether two different x have a y, as far as rows tell; where they do not, the service is asked. */
function mayFit(list, { x, y }) {
  const found = new Set();
  for (const row of list) {
    if (((y === "ratio" ? row.theory?.ratio : y in row ? row[y] : row.final[y]) ?? null) === null) continue;
    const [path, penalty] = ["/optimizer/learning_rate", Object.keys(row.axes).find((one) => one.startsWith("/regularization/"))];
    let product = 1;
    for (const term of x.split("*")) {
      const pointer = { alpha: path, beta: penalty ?? "" }[term.trim()] ?? term.trim();
      if (!["", path].includes(pointer) && typeof row.axes[pointer] !== "number") return true;
      product *= row.axes[pointer] ?? 1;
    }
    found.add(product);
    if (found.size > 1) return true;
  }
  return false;
}

/** Decimals that tell the ends of the interval of an exponent apart. */
function decimals({ exponent, interval }) {
  const [low, high] = interval ?? [0, 1];
  return Math.min(7, Math.max(Math.abs(exponent) >= 10 ? 1 : 3, 1 + Math.ceil(-Math.log10(high - low))));
}

function signed(value, digits) {
  return value.toFixed(digits).replace("-", "−");
}

function shortName(product) {
  return product.split("*").map((term) => (term.startsWith("/") ? axisName(term) : term.replace("theory.", "theory "))).join(" · ");
}

/** What a law may be against, the most telling one first: alpha*beta where either is swept, then the swept numbers. */
function quantitiesOf(spec) {
  const axes = axesOf(spec).map(({ path }) => path).filter((path) => numeric(spec, path));
  const penalties = new Set([...axes.filter((path) => path.startsWith("/regularization/")),
    ...Object.entries(spec.regularization ?? {}).filter(([, value]) => value > 0).map(([name]) => `/regularization/${name}`)]);
  const law = penalties.size === 1 && (axes.includes("/optimizer/learning_rate") || axes.some((path) => penalties.has(path)));
  return [...new Set([...(law ? ["alpha*beta"] : []), ...axes, ...(law ? [] : ["theory.delay"])])];
}

function numeric(spec, path) {
  const axis = spec.sweep.axes.find((one) => (one.paths ?? [one.path]).includes(path));
  const values = axis.paths ? axis.values.map((row) => row[axis.paths.indexOf(path)]) : (axis.values ?? [1]);
  return values.every((value) => typeof value === "number");
}
