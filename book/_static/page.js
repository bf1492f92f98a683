// Brings the page's components to life: each is a module of its own, loaded where a page has one.
// Where one fails, what the page had before stays.

for (const element of document.querySelectorAll("[data-eq-component]")) {
  const { eqComponent: name, eqState: state } = element.dataset;
  try {
    const { mount } = await import(`./${name}.js`);
    element.eqComponent = await mount(element, JSON.parse(state));
  } catch (error) {
    console.warn(`the ${name} stays as it is:`, error.message);
  }
}

/** What the plain players of an output say about themselves. */
function tracksOf(figures) {
  return figures.map((figure) => {
    const caption = figure.querySelector("figcaption").textContent;
    const name = figure.querySelector("strong").textContent;
    const change = caption.slice(name.length).replace(/^, /, "");
    const down = change.match(/turned down by ([\d.]+) dB/);
    const address = figure.querySelector("audio").src;
    return { name, change, gain_db: down ? -Number(down[1]) : 0, address };
  });
}

for (const output of new Set([...document.querySelectorAll("figure.eq-player")].map((figure) => figure.parentElement))) {
  const figures = [...output.querySelectorAll(":scope > figure.eq-player")];
  const element = document.createElement("div");
  try {
    const { mount } = await import("./player.js");
    element.eqPlayer = await mount(element, { tracks: tracksOf(figures), sample_rate: Number(figures[0].dataset.sampleRate) });
    figures[0].before(element);
    figures.forEach((figure) => figure.remove());
  } catch (error) {
    console.warn("the plain players stay:", error.message);
  }
}
document.documentElement.dataset.eqReady = "";
