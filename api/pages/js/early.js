// What cannot wait for the first module: the chosen theme, and the modules of an experiment's view.

(() => {
  // Asked for at once: import by import they would take as many round trips as they are deep.
  const EXPERIMENT = [
    "actions", "copy", "dialogs", "menu", "parts", "storage", "theme", "token", "list/row", "views/experiment", "views/sweep",
    "charts/colours", "charts/curves", "charts/marks", "charts/scales",
    "run/body", "run/controls", "run/curves", "run/files", "run/head", "run/history", "run/provenance", "run/vectors",
    "sweep/axes", "sweep/bands", "sweep/canvas", "sweep/colours", "sweep/controls", "sweep/curves", "sweep/law", "sweep/maps", "sweep/pace",
    "sweep/places", "sweep/plane", "sweep/plane-marks", "sweep/rows", "sweep/runs-of-cell", "sweep/scatter", "sweep/table",
  ];
  try {
    const theme = localStorage.getItem("groklab.theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch (error) {
    // Storage may be forbidden: then the system's theme holds.
    if (!(error instanceof DOMException)) throw error;
  }
  if (/^#\/experiments\/[^/]/.test(window.location.hash)) for (const name of EXPERIMENT) {
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.href = `/pages/js/${name}.js`;
    document.head.append(link);
  }
})();
