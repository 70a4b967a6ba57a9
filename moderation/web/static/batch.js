// Many at once: the handles over the histogram, and the boxes on a page of cards. Without this script the number
// fields and the buttons of the same forms do it.
"use strict";

const PAUSE_MS = 300;

const range = document.querySelector(".by-range");
if (range) {
  const svg = range.querySelector("svg");
  const between = svg.querySelector(".between");
  const bars = [...svg.querySelectorAll(".bar-of")];
  const fields = { from: range.elements.from, to: range.elements.to };
  const handles = Object.fromEntries([...range.querySelectorAll("[data-end]")].map((end) => [end.dataset.end, end]));
  const inside = range.querySelector("[data-inside]");
  const step = Number(fields.from.step);
  const width = svg.viewBox.baseVal.width;
  const numbers = new Intl.NumberFormat(document.documentElement.lang);

  const draw = () => {
    const [low, high] = [Number(handles.from.value), Number(handles.to.value)];
    between.setAttribute("x", (low / 100) * width);
    between.setAttribute("width", ((high - low) / 100) * width);
    let count = 0;
    for (const bar of bars) {
      const isIn = Number(bar.dataset.low) >= low && Number(bar.dataset.low) < high;
      bar.classList.toggle("in", isIn);
      if (isIn) count += Number(bar.dataset.count);
    }
    inside.textContent = count === 1 ? inside.dataset.one : inside.dataset.many.replace("{n}", numbers.format(count));
    for (const button of range.querySelectorAll(".choices button")) button.disabled = count === 0;
    for (const handle of Object.values(handles)) handle.setAttribute("aria-valuetext", `${handle.value} %`);
  };

  // The two ends stay a bar apart: a handle that is pulled stops at the other, a number that is typed pushes it on.
  const settle = (moved, other, isTyped) => {
    const gap = moved === "from" ? step : -step;
    const isApart = () => (Number(handles[other].value) - Number(handles[moved].value)) * Math.sign(gap) >= step;
    if (!isApart() && isTyped) handles[other].value = Number(handles[moved].value) + gap;
    if (!isApart()) handles[moved].value = Number(handles[other].value) - gap;
    fields[other].value = handles[other].value;
    draw();
  };

  for (const [name, other] of [["from", "to"], ["to", "from"]]) {
    const field = fields[name];
    let pause = 0;
    let stood = fields[other].value; // where the other end was before the typing
    // Half of a number, such as the 8 of 80, may push the other end away; the whole one lets it come back.
    const count = () => {
      clearTimeout(pause);
      if (field.value === "") return;
      handles[other].value = stood;
      handles[name].value = field.value;
      settle(name, other, true);
    };
    handles[name].value = field.value;
    handles[name].addEventListener("input", () => {
      settle(name, other, false);
      field.value = handles[name].value;
    });
    field.addEventListener("focus", () => {
      stood = handles[other].value;
    });
    field.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(count, PAUSE_MS);
    });
    // What is being typed is left alone until the field is left: then it stands on the edge of a bar.
    field.addEventListener("change", () => {
      count();
      field.value = handles[name].value;
    });
  }
  range.querySelector(".handles").hidden = false;
  range.querySelector("[data-only-without-script]").hidden = true;
  draw();
}

const selecting = document.getElementById("selected");
if (selecting) {
  const boxes = [...document.querySelectorAll('input[form="selected"]')];
  const ticked = selecting.querySelector("[data-ticked]");
  const link = selecting.querySelector("[data-tick-all]");
  const all = document.createElement("button");
  all.type = "button";
  all.className = "plain";
  all.textContent = link.textContent;
  link.replaceWith(all);

  const show = () => {
    const count = boxes.filter((box) => box.checked).length;
    selecting.classList.toggle("some", count > 0);
    ticked.hidden = count === 0;
    ticked.textContent = ticked.dataset.ticked.replace("{n}", count);
    for (const button of selecting.querySelectorAll(".choices button")) button.disabled = count === 0;
  };
  all.addEventListener("click", () => {
    const wanted = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = wanted;
    show();
  });
  document.addEventListener("change", (event) => {
    if (boxes.includes(event.target)) show();
  });
  addEventListener("pageshow", show);
  show();
}
