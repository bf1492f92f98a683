// Brings the page's components to life: each is a module of its own, loaded where a page has one.
for (const element of document.querySelectorAll("[data-eq-desk]")) {
  const { mount } = await import("./desk.js");
  element.eqDesk = mount(element, JSON.parse(element.dataset.eqDesk));
}
