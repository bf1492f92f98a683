// Mends what the theme leaves unclear to a screen reader; the browser tests run axe-core over it.

const set = (selector, name, value) =>
  document.querySelectorAll(selector).forEach((element) => {
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  });

// A label that leaves out what the button shows cannot be spoken to by that text.
set(".search-button__button", "aria-label", null);
set(".theme-switch-button", "aria-label", null);
set(".theme-switch-button .theme-switch", "aria-hidden", "true");
document.querySelectorAll(".theme-switch-button").forEach((button) => {
  const name = document.createElement("span");
  name.className = "visually-hidden";
  name.textContent = "Color mode";
  button.append(name);
});

// The sidebar's logo and links belong to a landmark.
set(".bd-sidebar-primary", "role", "complementary");
set(".bd-sidebar-primary", "aria-label", "Sidebar");

// Roles of the bibliography that are deprecated, or that do not fit where they stand.
set(".citation-list", "role", null);
set('[role="doc-biblioentry"]', "role", null);
set('[role="doc-backlink"]', "role", null);

// One switch for the code of all pages; the browser remembers it.
const codes = document.querySelectorAll("details.eq-code");
const header = document.querySelector(".article-header-buttons");
if (codes.length && header) {
  const shown = () => [...codes].every((code) => code.open);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm eq-code-switch";
  const show = () => (button.textContent = shown() ? "Fold code" : "Show code");
  button.addEventListener("click", () => {
    const open = !shown();
    codes.forEach((code) => (code.open = open));
    try {
      localStorage.setItem("eq-code", open ? "shown" : "folded");
    } catch {
      // A browser that keeps nothing.
    }
    show();
  });
  codes.forEach((code) => code.addEventListener("toggle", show));
  show();
  header.prepend(button);
}

// On paper the colors are those of the light theme, and what is folded away lies open.
const paper = matchMedia("print");
let screen = null; // what to go back to
function onPaper() {
  if (screen) return;
  const folded = document.querySelectorAll(".bd-article details:not([open]):not(.eq-component details, .eq-compare details, .eq-folded)");
  screen = { theme: document.documentElement.dataset.theme, folded };
  document.documentElement.dataset.theme = "light";
  folded.forEach((details) => (details.open = true));
  for (const part of document.querySelectorAll("[data-eq-component], .eq-compare, .eq-folded")) part.dataset.eqAddress ??= location.href.split("#")[0];
}
function onScreen() {
  if (!screen) return;
  document.documentElement.dataset.theme = screen.theme;
  screen.folded.forEach((details) => (details.open = false));
  screen = null;
}
addEventListener("beforeprint", onPaper);
addEventListener("afterprint", onScreen);
paper.addEventListener("change", () => (paper.matches ? onPaper() : onScreen()));
