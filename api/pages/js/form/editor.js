// The spec as JSON beside the form, which can be edited, and copied in the forms that one goes on with.

import { curlLine } from "../actions.js";
import { copyButton } from "../copy.js";
import { h, setText } from "../dom.js";
import { parse, pretty, python } from "./text.js";

/** The editor; `edited({value} | {fault}, text)` is called after each change that is made in it. */
export function jsonEditor({ edited }) {
  let spec = {};
  const error = h("p", { class: "error", id: "form-json-error", role: "alert", hidden: true });
  const place = h("button", { type: "button", class: "small", hidden: true }, "Show the place");
  const area = h("textarea", { id: "form-json", class: "mono", rows: "14", spellcheck: "false", autocapitalize: "off", wrap: "off", "aria-describedby": error.id });
  let fault = null;

  function judge() {
    const read = parse(area.value);
    fault = read.fault ?? (isSpec(read.value) ? null : { at: 0, line: 1, column: 1, message: "line 1, column 1: an object is expected" });
    error.hidden = place.hidden = !fault;
    setText(error, fault ? fault.message : "");
    if (fault) area.setAttribute("aria-invalid", "true");
    else area.removeAttribute("aria-invalid");
    if (!fault) spec = read.value;
    return fault ? { fault } : { value: spec };
  }
  const isSpec = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

  area.addEventListener("input", () => edited(judge(), area.value));
  place.addEventListener("click", () => {
    area.focus();
    area.setSelectionRange(fault.at, fault.at + 1);
    area.scrollTop = (fault.line - 4) * (area.scrollHeight / area.value.split("\n").length);
  });

  const element = h("section", { class: "panel json-panel", "aria-label": "JSON" },
    h("div", { class: "panel-head" }, h("h2", null, h("label", { for: "form-json" }, "The spec as JSON")),
      h("div", { class: "row" }, copyButton("JSON", () => pretty(spec)), copyButton("curl", () => curlLine({ spec })), copyButton("Python", () => pythonLines(spec)))),
    area, error, place);
  return {
    element,
    focus: () => area.focus(),
    /** Shows a spec; `text` where it was left as a text of its own. */
    show(next, text = pretty(next)) {
      spec = next;
      if (area.value !== text) area.value = text;
      return judge();
    },
  };
}

/** Lines that submit a spec with the Python client and print its results. */
function pythonLines(spec) {
  return `from api.client import Client

spec = ${python(spec)}
with Client(${JSON.stringify(window.location.origin)}) as client:
    experiment = client.submit(spec).wait(progress=True)
    for row in experiment.results():
        print(row["axes"], row["seed"], row["outcome"], row["t1"], row["t2"])
`;
}
