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
