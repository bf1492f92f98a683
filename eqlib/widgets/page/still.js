// In a notebook a component has two forms: one that needs Python, and a still one above it that does not.

/**
 * The live form, which hides the still one for as long as it is there.
 * @param {{render: Function}} live anywidget's entry of a component
 */
export function insteadOfStill(live) {
  return {
    async render(given) {
      const hidden = document.createElement("style");
      hidden.textContent = `[data-eq-still="${given.model.get("still")}"] ~ * { display: none !important; }`;
      document.head.append(hidden);
      const end = await live.render(given);
      return () => {
        hidden.remove();
        return end?.();
      };
    },
  };
}
