// While a slider moves, its number and its edge on the histogram move with it; the figures come from the server
// when it is let go (htmx). Without this script the "Try" button does the same.
"use strict";

for (const range of document.querySelectorAll("[data-bands] input[type=range]")) {
  const output = document.querySelector(`output[for="${range.id}"]`);
  const [area, line] = document.querySelectorAll(`svg [data-edge="${range.name}"]`);
  range.addEventListener("input", () => {
    const percent = Math.round(range.value * 2) / 2;
    range.value = percent;
    const words = percent === 100 ? output.dataset.never : `${percent} %`;
    output.textContent = words;
    range.setAttribute("aria-valuetext", words);
    area.setAttribute("x", percent);
    area.setAttribute("width", 100 - percent);
    line.setAttribute("x1", percent);
    line.setAttribute("x2", percent);
    line.setAttribute("visibility", percent === 100 ? "hidden" : "visible");
  });
}
