// The chosen theme, before anything is painted; a module would come too late.
(() => {
  try {
    const theme = localStorage.getItem("groklab.theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch (error) {
    // Storage may be forbidden: then the system's theme holds.
    if (!(error instanceof DOMException)) throw error;
  }
})();
