// What a desk keeps: its equalizer outlives a reload and the way back, and travels in a link.
import { eqText, fieldsOf, readEq } from "./eq_link.js";

/**
 * @param {HTMLElement} element the desk's place; several desks of a page are told apart by their order
 */
export function keeping(element) {
  const order = [...document.querySelectorAll('[data-eq-component="desk"]')].indexOf(element) + 1;
  const key = `eq-desk ${location.pathname} ${order}`;
  const linked = () => {
    const fields = fieldsOf(location.hash);
    return fields && Number(fields.get("desk") ?? 1) === order ? fields : null;
  };

  return {
    /** The address of the page with this equalizer. */
    link: (eq) => `${location.href.split("#")[0]}#${eqText(eq)}${order > 1 ? `&desk=${order}` : ""}`,
    /** Remembers it for this tab. */
    keep(eq) {
      try {
        sessionStorage.setItem(key, JSON.stringify({ eq, link: linked() ? location.hash : "" }));
      } catch {
        // A browser that keeps nothing.
      }
    },
    /**
     * What to begin with: what a new link says, or what was left.
     * @returns {{eq?: object, said: string, linked?: boolean}}
     */
    found() {
      const fields = linked();
      let kept = null;
      try {
        kept = JSON.parse(sessionStorage.getItem(key));
      } catch {
        // Nothing that was kept, or nothing that can be read.
      }
      if (kept?.eq && (!fields || kept.link === location.hash)) return { eq: kept.eq, said: "As you left it. Reset brings back the beginning." };
      if (!fields) return { said: "" };
      try {
        return { eq: readEq(fields), linked: true, said: "The equalizer of the link." };
      } catch (error) {
        return { linked: true, said: `The link is not quite right: ${error.message}. The desk is as at the beginning.` };
      }
    },
  };
}
