// Single keys. The table of keys is the help at the foot of the page: each <kbd> names its key and what it does;
// what is not a movement presses what carries that `data-does`. Without this script nothing is lost.
"use strict";

const help = document.getElementById("keys");
const on = "on" in help.dataset;
const cards = [...document.querySelectorAll(".card")];
const bindings = new Map([...help.querySelectorAll("[data-key]")].map((key) => [key.dataset.key, key.dataset.does]));
let sent = false;

const current = () => document.activeElement.closest("[data-claim]") ?? document.activeElement.closest(".card");

const move = (step) => {
  const at = cards.indexOf(document.activeElement.closest(".card"));
  const next = cards[at < 0 ? (step > 0 ? 0 : -1) : at + step];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
};

// In the card that has the focus, else in the news of the last decision, else on the page around the cards.
const find = (does) => {
  const wanted = `[data-does="${does}"]:not(kbd)`;
  const around = [...document.querySelectorAll(wanted)].find((found) => !found.closest(".card"));
  return current()?.querySelector(wanted) ?? document.querySelector(`.news ${wanted}`) ?? around;
};

// One press, one decision: a page that is on its way to the next takes no second one.
const press = (does) => {
  const found = find(does);
  if (!found || sent) return;
  // The buttons of a card that somebody else looks at are hidden; the menu's links may be, and work all the same.
  if (found.closest(".card") && !found.checkVisibility()) return;
  found.click();
  if (found.matches("summary, input")) found.focus();
};

// On the comment's own page the fields are there, from a list a link leads to them.
const words = () => {
  const field = document.querySelector("select#words");
  if (field) field.focus();
  else press("words");
};

const search = () => {
  const field = [...document.querySelectorAll("input[type=search]")].find((box) => box.checkVisibility());
  if (field) field.select();
  else press("search");
};

const movements = {
  words,
  search,
  next: () => move(1),
  previous: () => move(-1),
  help: () => {
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  },
};

const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

// Caps Lock is no modifier and Shift is one: a small letter is bound to its key alone, a capital to its key with Shift.
// Of a letter that is bound as a capital alone, Caps Lock makes that one. Signs such as ? are what the layout makes them.
const bound = ({ key, shiftKey }) => {
  if (!/^[a-z]$/i.test(key)) return bindings.get(key);
  return shiftKey ? bindings.get(key.toUpperCase()) : (bindings.get(key.toLowerCase()) ?? bindings.get(key));
};

document.addEventListener("keydown", (event) => {
  const does = bound(event);
  if (!does || !on || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.repeat || event.isComposing || event.target.closest(FIELDS)) return;
  event.preventDefault();
  (movements[does] ?? (() => press(does)))();
});

// A shortcut is named by what is pressed, not by the sign that comes of it.
const shortcut = (key) => (key === "+" ? "Plus" : /^[A-Z]$/.test(key) ? `Shift+${key}` : key);

// A key that does nothing is not announced either.
const announce = (root) => {
  for (const [key, does] of on ? bindings : []) {
    for (const found of root.querySelectorAll(`[data-does="${does}"]:not(kbd)`)) {
      found.setAttribute("aria-keyshortcuts", shortcut(key));
    }
  }
};

document.addEventListener("submit", (event) => {
  sent = !event.defaultPrevented;
});
addEventListener("pageshow", () => {
  sent = false;
});
document.addEventListener("htmx:load", (event) => announce(event.target));
document.documentElement.classList.toggle("with-keys", on);
announce(document);
help.hidden = false;

// What stands on the page from the start is not read out; what is put there afterwards is.
for (const news of document.querySelectorAll(".news p")) {
  const words = [...news.childNodes];
  news.replaceChildren();
  setTimeout(() => news.replaceChildren(...words), 100);
}
