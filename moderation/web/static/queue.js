// Single keys for the queue. The table of keys is the help at the foot of the page: each <kbd> names its key
// and what it does; what is not a movement presses the button of that name. Without this script nothing is lost.
"use strict";

const SWITCH = "moderation.keys";
const help = document.querySelector(".keys");
const box = document.getElementById("keys-on");
const cards = [...document.querySelectorAll(".card")];
const bindings = new Map([...help.querySelectorAll("[data-key]")].map((key) => [key.dataset.key, key.dataset.does]));
let pressed = false;

const current = () => document.activeElement.closest(".card");

const move = (step) => {
  const at = cards.indexOf(current());
  const next = cards[at < 0 ? (step > 0 ? 0 : -1) : at + step];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
};

const press = (does) => {
  const button = `[data-does="${does}"]:not(kbd)`;
  const found = current()?.querySelector(button) ?? document.querySelector(`.news ${button}`);
  // One press, one decision: the page is on its way to the next.
  if (found && !pressed) {
    pressed = true;
    found.click();
  }
};

// Whoever has a card in focus has it to themselves; the server says so, or who was there before.
const ask = (address, leaving = false) => {
  const form = new FormData();
  form.set("csrf_token", document.querySelector("[name=csrf_token]").value);
  return leaving ? navigator.sendBeacon(address, form) : fetch(address, { method: "POST", body: form });
};

const place = (card, what) => card.querySelector(".choices").getAttribute("action").replace(/decision$/, what);

const tell = (card, words) => {
  const line = card.querySelector(".taken") ?? document.createElement("p");
  line.className = "taken";
  line.role = "alert";
  line.textContent = words;
  card.querySelector(".choices")?.before(line);
};

let claimed = null;
const claim = async () => {
  const card = current();
  if (!card || card === claimed) return;
  leave();
  if (!("claim" in card.dataset)) return;
  claimed = card;
  try {
    const answer = await ask(place(card, "claim"));
    if (answer.status === 409) tell(card, (await answer.json()).says);
  } catch {
    // No connection: the decision itself will say so.
  }
};

const leave = () => {
  if (claimed) ask(place(claimed, "release"), true);
  claimed = null;
};

// On the comment's own page the fields are there, from a list a link leads to them.
const words = () => {
  const field = document.querySelector("#words select");
  if (field) field.focus();
  else press("words");
};

const movements = {
  words,
  next: () => move(1),
  previous: () => move(-1),
  help: () => {
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  },
};

const inField = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  const does = bindings.get(event.key);
  if (!does || !box.checked || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.repeat || event.isComposing || inField(event.target)) return;
  event.preventDefault();
  (movements[does] ?? (() => press(does)))();
});

const remember = (on) => {
  try {
    localStorage.setItem(SWITCH, on ? "on" : "off");
  } catch {
    // Storage is closed to us: the choice holds for this page.
  }
};

const remembered = () => {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
};

// A key that does nothing is not announced either.
const show = () => {
  document.documentElement.classList.toggle("with-keys", box.checked);
  for (const [key, does] of bindings) {
    for (const button of document.querySelectorAll(`button[data-does="${does}"]`)) {
      button.toggleAttribute("aria-keyshortcuts", box.checked);
      if (box.checked) button.setAttribute("aria-keyshortcuts", key);
    }
  }
};

document.addEventListener("focusin", claim);
addEventListener("pagehide", leave);
claim();
if (location.hash === "#words") words();

box.checked = remembered();
box.addEventListener("change", () => {
  remember(box.checked);
  show();
});
addEventListener("pageshow", () => {
  pressed = false;
});
help.hidden = false;
show();

// What stands on the page from the start is not read out; what is put there afterwards is.
for (const news of document.querySelectorAll(".news p")) {
  const words = [...news.childNodes];
  news.replaceChildren();
  setTimeout(() => news.replaceChildren(...words), 100);
}
