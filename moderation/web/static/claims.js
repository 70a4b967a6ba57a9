// Whoever has a card in focus has it to themselves; the server says so, or who was there before.
"use strict";

const RENEWED_MS = 240_000; // a claim lasts five minutes
let claimed = null;

const post = (address, leaving = false) => {
  const form = new FormData();
  form.set("csrf_token", document.querySelector("[name=csrf_token]").value);
  return leaving ? navigator.sendBeacon(address, form) : fetch(address, { method: "POST", body: form });
};

const say = (card, words) => {
  const choices = card.querySelector(".choices")?.closest("form");
  const line = card.querySelector(".taken") ?? document.createElement("p");
  if ((!choices && !line.isConnected) || line.textContent === words) return;
  line.className = "taken";
  line.role = "alert";
  line.textContent = words;
  if (!line.isConnected) choices.before(line);
};

const take = async () => {
  const card = claimed;
  try {
    const answer = await post(card.dataset.claim);
    if (answer.status !== 409) return;
    say(card, (await answer.json()).says);
    if (claimed === card) claimed = null; // somebody else's: there is nothing to renew, and it may become free
  } catch {
    // No connection: the decision itself will say so.
  }
};

const claim = () => {
  const card = document.activeElement.closest("[data-claim]");
  if (!card || card === claimed) return;
  leave();
  claimed = card;
  take();
};

const leave = () => {
  if (claimed) post(claimed.dataset.claim.replace(/claim$/, "release"), true);
  claimed = null;
};

// The page asks by itself what is new, unless nobody sees it; the answer also says who has which card.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "live" && document.hidden) event.preventDefault();
});
document.addEventListener("htmx:load", (event) => {
  const { id, dataset } = event.target;
  if (id !== "live" || !dataset.taken) return;
  const taken = JSON.parse(dataset.taken);
  for (const card of document.querySelectorAll(".card")) {
    const line = card.querySelector(".taken");
    const words = taken[card.id] ?? (line && !card.querySelector("form.choices") ? dataset.free : "");
    if (card !== claimed && (line?.textContent ?? "") !== words) say(card, words);
  }
  if (!taken[document.activeElement.closest("[data-claim]")?.id]) claim();
});

document.addEventListener("focusin", claim);
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => {
  // A comment's own page took it when it was made; brought back by the Back button, it takes it again.
  claimed = document.querySelector("[data-mine]");
  if (!claimed) claim();
  else if (event.persisted) take();
});
setInterval(() => {
  if (claimed && !document.hidden) take();
}, RENEWED_MS);
