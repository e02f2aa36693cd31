// Draws every chart of the page; the table under a chart says the same in figures, so a failure costs no information.
"use strict";
(() => {
  const numbers = NUMBERS;
  const draw = async (figure) => {
    const spec = JSON.parse(figure.querySelector("script.chart-spec").textContent);
    const place = document.createElement("div");
    place.className = "drawing";
    figure.prepend(place);
    try {
      await window.vegaEmbed(place, spec, { actions: false, renderer: "svg", formatLocale: numbers });
    } catch (error) {
      place.remove();
      figure.classList.add("undrawn");
    }
  };
  document.querySelectorAll("figure.chart").forEach(draw);
  // Paper has nothing to click: what is folded on the screen is printed open.
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
})();
