// Draws formulas: node formulas.cjs PATH_OF_MATHJAX < formulas.json > drawn.json
//
// In: [[TeX, whether on a line of its own], …]. Out: {drawn: [HTML of each, …], glyphs: {id: SVG path, …}, style: CSS}.
// A glyph is drawn once for all formulas of a page, which point to it. For who listens, each has its MathML.

const { readFileSync } = require("fs");

const settings = {
  loader: { load: ["input/tex", "output/svg", "a11y/assistive-mml"] },
  svg: { fontCache: "global" },
};

require(process.argv[2])
  .init(settings)
  .then((MathJax) => {
    const { adaptor, document } = MathJax.startup;
    const draw = ([tex, display]) => adaptor.outerHTML(MathJax.tex2svg(tex, { display }));
    const drawn = JSON.parse(readFileSync(0, "utf8")).map(draw);
    const defs = document.outputJax.fontCache.getCache();
    const glyphs = Object.fromEntries(adaptor.childNodes(defs).map((path) => [adaptor.getAttribute(path, "id"), adaptor.outerHTML(path)]));
    const style = adaptor.textContent(MathJax.svgStylesheet());
    process.stdout.write(JSON.stringify({ drawn, glyphs, style }));
  });
