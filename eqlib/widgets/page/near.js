// When a component begins with what takes time: as a reader comes near, or as its page is printed.

/**
 * @param {HTMLElement} element
 * @param {() => void} begin called once
 * @returns {() => void} calls it off
 */
export function whenNear(element, begin) {
  const paper = matchMedia("print");
  const seen = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && once(), { rootMargin: "300px" });
  const printed = () => paper.matches && once();
  const off = () => {
    seen.disconnect();
    paper.removeEventListener("change", printed);
  };
  function once() {
    off();
    begin();
  }
  seen.observe(element);
  paper.addEventListener("change", printed);
  printed();
  return off;
}
