// Makes one document of the built pages, in the order of the contents, or of a part of one page.
// pdf.py runs this in a browser; links between pages become links within the document.

const parser = new DOMParser();
let names = []; // of the pages that the document has

/** A page's article, with names of its own: two pages may have a section "summary". */
async function article(name, styles) {
  const page = parser.parseFromString(await (await fetch(`${name}.html`)).text(), "text/html");
  for (const link of page.querySelectorAll('link[rel="stylesheet"]')) styles.add(link.getAttribute("href"));
  const found = page.querySelector("article.bd-article");
  found.querySelectorAll("script, .headerlink").forEach((element) => element.remove());
  // What is folded away, so that it loads when it is asked for, is a picture on paper like the others.
  found.querySelectorAll(".eq-folded").forEach((folded) => folded.replaceWith(folded.querySelector("[data-eq-component]")));
  for (const element of found.querySelectorAll("[id]")) {
    if (!element.closest("svg")) element.id = `${name}--${element.id}`; // drawings refer to their own
  }
  for (const label of found.querySelectorAll("[for]")) label.htmlFor = `${name}--${label.htmlFor}`;
  found.querySelectorAll("[aria-labelledby], [aria-describedby]").forEach((element) => {
    for (const kind of ["aria-labelledby", "aria-describedby"]) element.removeAttribute(kind);
  });
  found.dataset.name = name;
  return found;
}

/** Links within the document where they lead to what it has, words where they lead to files beside it. */
function relink(found, names, which = "a[href]") {
  for (const link of found.querySelectorAll(which)) {
    const [file, anchor] = link.getAttribute("href").split("#");
    if (/^[a-z]+:/.test(file)) continue;
    const name = file ? file.replace(/^.*\//, "").replace(/\.html$/, "") : found.dataset.name;
    if (names.includes(name)) link.setAttribute("href", anchor ? `#${name}--${anchor}` : `#${name}`);
    else link.removeAttribute("href");
  }
}

function make(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

function show(styles, ...content) {
  for (const address of styles) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: address });
    document.head.prepend(link);
    document.head.append(link); // in the order of the pages, before the book's own
  }
  const holder = make("div", "bd-article-container");
  holder.append(...content);
  const main = make("main", "bd-main");
  const inner = make("div", "bd-content");
  inner.append(holder);
  main.append(inner);
  document.body.append(main);
}

/** The whole book: `parts` is a list of {caption, names}, the first one is the page that begins it. */
window.wholeBook = async (parts, { title, authors, note }) => {
  const styles = new Set();
  names = parts.flatMap((part) => part.names);
  const cover = make("section", "pdf-cover");
  cover.append(make("p", "pdf-title", title), make("p", "pdf-authors", authors), make("p", "pdf-note", note));
  const contents = make("nav", "pdf-contents");
  contents.append(make("p", "pdf-heading", "Contents"));
  const articles = [];
  const running = [];
  for (const { caption, names: own } of parts) {
    if (caption) contents.append(make("p", "pdf-part", caption));
    const list = document.createElement("ol");
    for (const name of own) {
      const found = await article(name, styles);
      relink(found, names);
      const heading = found.querySelector("h1");
      const chapter = heading.textContent.trim();
      found.id = name;
      found.style.page = `chapter-${name.replaceAll("_", "-")}`;
      running.push(`@page ${found.style.page} { @top-left { content: ${JSON.stringify(chapter)}; } }`);
      const item = document.createElement("li");
      const link = make("a", "", chapter);
      link.href = `#${name}`;
      const page = make("span", "pdf-page");
      page.dataset.of = name;
      item.append(link, page);
      list.append(item);
      articles.push(found);
    }
    contents.append(list);
  }
  const heads = document.createElement("style");
  heads.textContent = running.join("\n");
  document.head.append(heads);
  show(styles, cover, contents, ...articles);
};

/** A section of a page as a sheet to hand out, with the addresses of the pages that it speaks of. */
window.handout = async (name, section, { title, note }) => {
  const styles = new Set();
  const page = await article(name, styles);
  const found = page.querySelector(`[id="${name}--${section}"]`);
  const sheet = make("article", "bd-article pdf-handout");
  const lines = make("p", "pdf-names");
  for (const label of ["Name", "Date"]) lines.append(make("span", "", label));
  const addresses = new Map();
  for (const link of found.querySelectorAll("a[href]")) {
    const address = link.getAttribute("href");
    if (!/^[a-z]+:|^#/.test(address)) addresses.set(link.textContent.trim(), `book/${address.split("#")[0]}`);
    link.replaceWith(...link.childNodes);
  }
  const where = make("dl", "pdf-where");
  for (const [text, address] of addresses) where.append(make("dt", "", text), make("dd", "", address));
  sheet.append(make("p", "pdf-authors", title), found);
  found.prepend(...found.querySelectorAll(":scope > h2"), lines);
  if (addresses.size) sheet.append(make("p", "pdf-heading", note), where);
  show(styles, sheet);
  return found.querySelector("h2").textContent.trim();
};

/** Each component says in which page it lives, and what is folded away lies open, as where a page is printed. */
window.onPaper = () => {
  for (const part of document.querySelectorAll("[data-eq-component], .eq-compare, .eq-folded")) part.dataset.eqAddress = `book/${part.closest("article").dataset.name}.html`;
  for (const made of document.querySelectorAll("article")) relink(made, names, '[data-eq-component] a[href]:not([href^="#"])'); // by components
  dispatchEvent(new Event("beforeprint"));
  // Of three lines, Chromium parts one off, whatever `orphans` and `widows` say: they cannot be parted well.
  for (const text of document.querySelectorAll("article p")) {
    if (text.offsetHeight < 3.5 * parseFloat(getComputedStyle(text).lineHeight)) text.style.breakInside = "avoid";
  }
};

/** Writes page numbers into the contents. */
window.number = (pages) => {
  for (const place of document.querySelectorAll(".pdf-page")) place.textContent = pages[place.dataset.of] ?? "";
};

/** What would be cut at the right edge, or would shrink all pages: texts that name it. */
window.tooWide = () => {
  const edge = document.querySelector(".bd-article-container").getBoundingClientRect().right + 1;
  return [...document.querySelectorAll(".bd-article-container *")]
    .filter((element) => !element.closest("mjx-assistive-mml, .visually-hidden, mjx-c, details:not([open]) > :not(summary)"))
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > edge)
    .map((element) => `${element.closest("article")?.id} ${element.tagName}.${element.getAttribute("class")} +${Math.round(element.getBoundingClientRect().right - edge)}: ${element.textContent.trim().slice(0, 40)}`);
};
