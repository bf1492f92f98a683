// A file that is dropped onto a component; beside it, a file would take the reader away from the page.

/**
 * @param {HTMLElement} element
 * @param {(file: File) => void} take
 * @returns {() => void} to be called at the end
 */
export function droppedOn(element, take) {
  const listening = new AbortController();
  const withFiles = (handle) => (event) => {
    if (!event.dataTransfer?.types.includes("Files") || event.defaultPrevented) return;
    event.preventDefault();
    handle(event);
  };
  const onto = ({ target }) => element.contains(target);
  const mark = (over) => element.classList.toggle("eq-drop-here", over);
  const { signal } = listening;
  element.addEventListener("dragover", withFiles(() => mark(true)), { signal });
  element.addEventListener(
    "drop",
    withFiles((event) => take(event.dataTransfer.files[0])),
    { signal },
  );
  addEventListener("dragover", (event) => onto(event) || mark(false), { signal });
  addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false), { signal });
  addEventListener("drop", () => mark(false), { signal });
  // Other components see to what is dropped on them.
  const beside = withFiles(() => {});
  for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.target.closest?.(".eq-component") || beside(event), { signal });
  return () => listening.abort();
}
