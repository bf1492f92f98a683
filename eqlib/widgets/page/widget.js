// How a component that only shows what Python made becomes a widget.

/**
 * anywidget's entry of a component.
 * @param {Function} mount builds it in an element, from what follows; resolves to something with `close`
 * @param {(model: object) => any[]} given what `mount` gets after the element: of a StateComponent, its state
 */
export const widgetOf = (mount, given = (model) => [model.get("state")]) => ({
  async render({ model, el }) {
    const place = document.createElement("div");
    el.append(place);
    const shown = await mount(place, ...given(model));
    return () => shown.close();
  },
});

/** Some traits of a model, by their names. */
export const traitsOf = (model, names) => Object.fromEntries(names.map((name) => [name, model.get(name)]));
