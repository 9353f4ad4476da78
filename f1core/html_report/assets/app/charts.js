// Figures: Observable Plot draws, this file gives it the page's colours, widths and words.

const drawn = [];

/** A figure with a title, a text that stands for it, and what `draw(width)` gives. */
function figure({ title, alt, draw, note = null, keep = null, wide = null }) {
  const holder = element("div", { class: "chart" });
  const made = element("figure", {}, element("figcaption", {}, title), keep,
    wide ? scrollBox(title, holder) : holder, note ? element("p", { class: "note" }, note) : null);
  const told = { holder, width: 0 };
  told.redraw = () => {
    told.width = holder.parentElement.clientWidth;
    if (told.width === 0) return;
    const svg = draw(Math.max(told.width, wide ?? 0));
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", typeof alt === "function" ? alt() : alt);
    // The library names the parts of a picture, which is one thing to a screen reader.
    svg.querySelectorAll("[aria-label]").forEach((part) => part.removeAttribute("aria-label"));
    holder.replaceChildren(svg);
  };
  drawn.push(told);
  made.redraw = told.redraw;
  return made;
}

/** Draw all figures, and again when their width changes. */
function drawFigures() {
  const byBox = new Map(drawn.map((told) => [told.holder.parentElement, told]));
  drawn.forEach((told) => told.redraw());
  const observer = new ResizeObserver((entries) => {
    // In the next frame: a chart that changed its box while it is observed would be told of itself.
    requestAnimationFrame(() => {
      for (const { target } of entries) {
        const told = byBox.get(target);
        if (Math.abs(target.clientWidth - told.width) > 1) told.redraw();
      }
    });
  });
  byBox.forEach((_, box) => observer.observe(box));
}

/** Options that all charts share. */
function plotted(options) {
  return Plot.plot({
    ...options,
    style: "--plot-background: var(--surface); font: 12px var(--font); overflow: visible",
  });
}

/** A hover text; the library puts it in as text. */
function hover(rows, channels, pointer = Plot.pointer) {
  return Plot.tip(rows, pointer({ ...channels, className: "tip", stroke: "var(--line-strong)",
    fill: "var(--surface)", textPadding: 8, fontSize: 12, lineHeight: 1.3 }));
}

/**
 * Values with their intervals, one line each. `items`: {name, value, low, high}; `zero` draws the
 * line of no difference.
 */
function rangesChart(items, { label, domain, zero = false, text, height = 22 }) {
  return (width) => {
    const longest = d3.max(items, ({ name }) => shortName(name).length) ?? 0;
    const side = Math.min(Math.max(40, 7.2 * longest + 14), width * 0.4);
    const letters = Math.floor((side - 14) / 7.2);
    const rows = items.map((item, at) => ({ ...item, at }));
    const known = rows.filter((row) => row.value != null);
    const spans = known.filter((row) => row.low != null && row.high != null);
    return plotted({
      width,
      height: height * items.length + 56,
      marginLeft: side,
      marginRight: 16,
      marginTop: 12,
      marginBottom: 40,
      x: { label, domain, grid: true, labelAnchor: "center", labelArrow: "none", nice: !domain,
        ticks: Math.max(3, Math.floor((width - side) / 80)) },
      y: {
        domain: rows.map((row) => row.at),
        label: null,
        tickSize: 0,
        tickFormat: (at) => shortName(rows[at].name, Math.max(letters, 5)),
      },
      marks: [
        zero ? Plot.ruleX([0], { stroke: "var(--text)", strokeWidth: 1.5 }) : null,
        Plot.ruleY(spans, { y: "at", x1: "low", x2: "high", stroke: "var(--accent)",
          strokeWidth: 5, strokeOpacity: 0.4, strokeLinecap: "round" }),
        Plot.dot(known, { x: "value", y: "at", fill: "var(--accent)", r: 4,
          stroke: "var(--surface)" }),
        hover(known, { x: "value", y: "at", title: text }, Plot.pointerY),
      ],
    });
  };
}

/** Move what the library drew for the threshold in view, without drawing all of it anew. */
function moveCursor(svg, x, y = null) {
  const scaleX = svg.scale("x");
  const scaleY = svg.scale("y");
  const left = scaleX.apply(x ?? 0);
  for (const line of svg.querySelectorAll(".cursor line")) {
    line.setAttribute("x1", left);
    line.setAttribute("x2", left);
  }
  const dots = svg.querySelectorAll(".cursor circle");
  dots.forEach((dot, at) => {
    const value = Array.isArray(y) ? y[at] : y;
    dot.setAttribute("visibility", value == null || x == null ? "hidden" : "visible");
    dot.setAttribute("cx", left);
    dot.setAttribute("cy", scaleY.apply(value ?? 0));
  });
}

/** The lines of a chart named beside their colour and dashes. */
function lineLegend(lines) {
  return element(
    "ul",
    { class: "legend" },
    ...lines.map(({ name, key }) =>
      element("li", {}, element("span", { class: `swatch ${key}`, "aria-hidden": "true" }), name)),
  );
}
