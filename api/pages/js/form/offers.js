// What may be entered where the schema has a mere text: ids of uploaded datasets, names of metrics.

import { fill, h, newId } from "../dom.js";
import { int, words } from "../format.js";

const LATEST = 100;

/** `{element, beside(pointer, input, spec)}`; `element` belongs into the page. */
export function createOffers(ctx) {
  const datasets = h("datalist", { id: newId("datasets") });
  let metrics = [];
  ctx.attempt(async () => {
    const { items } = await ctx.api.page("/v1/datasets", { query: { limit: LATEST } });
    fill(datasets, items.map(({ id, name, arrays }) => h("option", { value: id }, [name, shapeOf(arrays)].filter(Boolean).join(", "))));
  });
  ctx.attempt(async () => {
    ({ items: metrics } = await ctx.api.get("/v1/metrics-catalogue"));
  });

  /** A control that adds a name to the list of metrics, which begins with the two that t1 and t2 are seen in. */
  function adder(input, spec) {
    const select = h("select", { "aria-label": "Add a metric" });
    const names = () => input.value.split(",").map((name) => name.trim()).filter((name) => name && name !== "default");
    const offer = () => {
      const families = familiesOf(spec());
      const fits = ({ name, of }) => !names().includes(name) && (of.length === 0 || of.some((one) => families.includes(one)));
      fill(select, h("option", { value: "" }, "add…"), metrics.filter(fits).map(({ name, description, vector }) =>
        h("option", { value: name, title: description }, `${words(name)}${vector ? " (vector)" : ""}`)));
    };
    select.addEventListener("pointerdown", offer);
    select.addEventListener("focus", offer);
    select.addEventListener("change", () => {
      const known = names();
      const usual = isLinear(spec()) ? ["train_error", "test_error"] : ["train_loss", "test_loss"];
      input.value = [...new Set([...(known.length > 0 ? known : usual), select.value])].join(", ");
      input.dispatchEvent(new Event("input"));
      offer();
    });
    offer();
    return h("div", { class: "offered" }, input, select);
  }

  return {
    element: datasets,
    /** What to show for the input at a pointer; `spec()` is what the form has by now. */
    beside(pointer, input, spec) {
      if (pointer === "/problem/dataset") input.setAttribute("list", datasets.id);
      return pointer === "/record/metrics" ? adder(input, spec) : input;
    },
  };
}

function isLinear(spec) {
  return (spec.model?.kind ?? "linear") === "linear";
}

/** The runs that a metric may be of; the service knows the task of a dataset, and refuses what its runs do not have. */
function familiesOf(spec) {
  const { kind } = spec.problem ?? {};
  if (isLinear(spec)) return ["linear", ["matrix_completion", "matrix_sensing"].includes(kind) ? "matrix" : "vector"];
  return ["network", "classification", "regression", kind];
}

function shapeOf(arrays) {
  const inputs = arrays.find(({ name }) => name === "inputs");
  return inputs ? `${inputs.shape.map(int).join(" x ")} inputs` : "";
}
