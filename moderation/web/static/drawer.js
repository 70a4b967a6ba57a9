// What a link marked with data-drawer leads to is shown beside the list. Without this script, or with Ctrl, it is a page.
"use strict";

const drawer = document.getElementById("drawer");
const inside = document.getElementById("drawer-inside");

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest("a[hx-get]");
    // A new tab is the browser's business.
    if (link && (event.ctrlKey || event.metaKey || event.shiftKey || event.button)) event.stopImmediatePropagation();
  },
  true,
);

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  // Whoever was signed out in the meantime sees the whole page that says so.
  if (new URL(xhr.responseURL).pathname === "/sign-in") {
    event.detail.shouldSwap = false;
    location.assign(location.href);
  } else if (target === inside && !drawer.open) {
    drawer.showModal();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== inside) return;
  inside.scrollTop = 0;
  (inside.querySelector("[role=alert]") ?? inside.querySelector("#drawer-title"))?.focus();
});

drawer.addEventListener("click", (event) => {
  if (event.target === drawer || event.target.closest(".close")) drawer.close();
});
drawer.addEventListener("close", () => inside.replaceChildren());
