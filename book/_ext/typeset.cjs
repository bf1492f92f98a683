// Sets formulas as HTML: in, as JSON, a list of [TeX, whether it is displayed] and where the fonts
// are; out, as JSON, their HTML and the style sheet for all of them.
const { formulas, fonts } = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.warn = () => {}; // of components whose version it cannot tell

require("mathjax")
  .init({
    loader: { load: ["adaptors/liteDOM", "input/tex", "output/chtml", "a11y/assistive-mml"] },
    chtml: { fontURL: fonts },
  })
  .then((MathJax) => {
    const { adaptor } = MathJax.startup;
    const html = formulas.map(([tex, display]) => adaptor.outerHTML(MathJax.tex2chtml(tex, { display })));
    const css = adaptor.textContent(MathJax.chtmlStylesheet());
    process.stdout.write(JSON.stringify({ html, css }));
  });
