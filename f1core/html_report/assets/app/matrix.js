// The confusion matrix as a heat map that a mouse and a keyboard can read, and its largest errors.

function confusionSection(report) {
  const matrix = report.confusion ? matrixModel(report) : null;
  const pairs = report.confused?.length ? confusedTable(report) : null;
  if (!matrix && !pairs) return null;
  return section("confusion", "Confusion", matrix ? heatMap(report, matrix) : null, pairs);
}

/** Cells by row and column of the classes shown, with shares of the rows of their class. */
function matrixModel({ confusion, classes }) {
  const place = new Map(confusion.classes.map((at, row) => [at, row]));
  const cells = [];
  for (const [truth, predicted, count] of confusion.cells) {
    const [row, column] = [place.get(truth), place.get(predicted)];
    if (row === undefined || column === undefined) continue;
    const share = classes.support[truth] ? count / classes.support[truth] : null;
    cells.push({ row, column, count, share, right: row === column });
  }
  const wrong = d3.max(cells.filter((cell) => !cell.right), (cell) => cell.share) || 1;
  const byPlace = new Map(cells.map((cell) => [cell.row * place.size + cell.column, cell]));
  return {
    cells,
    wrong,
    size: place.size,
    names: confusion.classes.map((at) => classes.name[at]),
    support: confusion.classes.map((at) => classes.support[at]),
    leftOut: confusion.left_out,
    at: (row, column) => byPlace.get(row * place.size + column) ?? { row, column, count: 0,
      share: 0, right: row === column },
  };
}

function cellWords(matrix, { row, column, count, share }) {
  const [truth, predicted] = [matrix.names[row], matrix.names[column]];
  const verb = row === column ? "recognised" : `taken for “${predicted}”`;
  return `${formatCount(count)} of ${formatCount(matrix.support[row])} rows of “${truth}” `
    + `${verb} (${formatShare(share)})`;
}

/** Blue for what is right, orange for errors; linear, from the page's ground to the full colour. */
function heatColour(right, part) {
  const full = right ? "var(--heat-right)" : "var(--heat-wrong)";
  return `color-mix(in oklab, ${full} ${(100 * Math.min(part, 1)).toFixed(1)}%, var(--heat-none))`;
}

function partOf(matrix, cell) {
  return (cell.share ?? 0) / (cell.right ? 1 : matrix.wrong);
}

function heatMap(report, matrix) {
  const readout = element("p", { class: "readout", role: "status", id: "cell-said" },
    "Point at a cell, or move with the arrow keys, and it is read here.");
  const say = (cell) => {
    readout.textContent = `${cellWords(matrix, cell)}.`;
  };
  const made = figure({
    title: "Rows: what is true. Columns: what was predicted. Colours: shares of each row.",
    alt: matrixAlt(matrix),
    keep: legendOf(matrix),
    note: matrix.leftOut
      ? `${formatMany(matrix.leftOut, "class", "classes")} with fewer confusions left out; the `
        + "table by class has all."
      : null,
    wide: Math.min(matrix.size * 13 + 150, 950),
    draw: (width) => drawMatrix(matrix, width, say),
  });
  const box = made.querySelector(".scroll");
  const map = element("div");
  box.replaceWith(map);
  map.append(box, readout);
  addKeys(made, matrix, say);
  return made;
}

function matrixAlt(matrix) {
  const right = d3.sum(matrix.cells.filter((cell) => cell.right), (cell) => cell.count);
  const all = d3.sum(matrix.cells, (cell) => cell.count);
  const worst = d3.greatest(matrix.cells.filter((cell) => !cell.right), (cell) => cell.count);
  return `Confusion matrix of ${matrix.size} classes: ${formatCount(right)} of ${formatCount(all)} `
    + `rows on the diagonal.${worst ? ` Largest error: ${cellWords(matrix, worst)}.` : ""}`;
}

/** The two ramps, each drawn to its own end. */
function legendOf(matrix) {
  const ramp = (right, most) => {
    const steps = d3.range(24).map((step) => ({ from: (step / 24) * most,
      to: ((step + 1) / 24) * most, part: (step + 0.5) / 24 }));
    const svg = plotted({
      width: 190, height: 34, margin: 10, marginTop: 0, marginBottom: 20,
      x: { domain: [0, most], label: null, ticks: [0, most],
        tickFormat: (share) => formatShare(share).replace(".0 ", " "), tickSize: 3 },
      marks: [Plot.rectX(steps, { x1: "from", x2: "to", insetRight: -0.5,
        fill: (step) => heatColour(right, step.part) })],
    });
    svg.setAttribute("aria-hidden", "true");
    return element("div", {}, right ? "recognised" : "errors", svg);
  };
  return element("div", { class: "ramps" }, ramp(true, 1), ramp(false, matrix.wrong));
}

function drawMatrix(matrix, width, say) {
  const { size, names } = matrix;
  const letters = Math.min(d3.max(names, (name) => [...name].length), width < 600 ? 9 : 18);
  const side = Math.min(28 + letters * 7, width * 0.35);
  // As large as fits, but no higher than a window, while cells can still be pointed at.
  const step = Math.min((width - side - 12) / size, 76, Math.max(13, 720 / size));
  const height = step * size;
  const format = (at) => shortName(names[at], letters);
  const turned = step < letters * 7.5 + 8;
  const top = turned ? side : 34;
  const domain = d3.range(size);
  const printed = step >= 40 ? matrix.cells.filter((cell) => cell.count) : [];
  const axis = { domain, label: null, tickSize: 0, tickFormat: format, padding: 0 };
  const svg = plotted({
    width: Math.max(side + step * size + 12, 240), height: height + top + 8,
    marginLeft: side, marginTop: top, marginRight: 12, marginBottom: 8,
    x: { ...axis, axis: "top", tickRotate: turned ? -90 : 0 },
    y: axis,
    marks: [
      Plot.frame({ fill: "var(--heat-none)", stroke: "var(--line)" }),
      Plot.cell(matrix.cells, { className: "cells", x: "column", y: "row",
        inset: size > 30 ? 0.25 : 0.75,
        fill: (cell) => heatColour(cell.right, partOf(matrix, cell)) }),
      Plot.text(printed, { x: "column", y: "row", fill: "var(--heat-text)", pointerEvents: "none",
        text: (cell) => (step >= 58
          ? `${formatCount(cell.count)}\n${formatShare(cell.share)}`
          : formatCount(cell.count)) }),
      Plot.cell([{ row: 0, column: 0 }], { className: "cursor", x: "column", y: "row", fill: "none",
        stroke: "var(--text)", strokeWidth: 2 }),
      hover(matrix.cells, { x: "column", y: "row", title: (cell) => cellWords(matrix, cell),
        maxRadius: step }),
    ],
  });
  svg.addEventListener("input", () => {
    if (svg.value) say(svg.value);
  });
  return svg;
}

/** Arrow keys, Home and End move a frame from cell to cell, and each cell is said. */
function addKeys(made, matrix, say) {
  const box = made.querySelector(".scroll");
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", `Confusion matrix, ${matrix.size} rows and columns; arrow keys `
    + "move from cell to cell");
  const here = { row: 0, column: 0 };
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    Home: [0, -Infinity], End: [0, Infinity] };
  const within = (value) => Math.max(0, Math.min(matrix.size - 1, value));
  const show = () => {
    const svg = box.querySelector("svg.plot, svg");
    const frame = svg?.querySelector(".cursor rect");
    if (!frame) return;
    frame.setAttribute("x", svg.scale("x").apply(here.column));
    frame.setAttribute("y", svg.scale("y").apply(here.row));
    say(matrix.at(here.row, here.column));
    frame.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  box.addEventListener("focus", show);
  box.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    here.row = within(here.row + step[0]);
    here.column = within(here.column + step[1]);
    show();
  });
}

function confusedTable(report) {
  const name = (at) => (at < 0 ? "(no class)" : report.classes.name[at]);
  const rows = report.confused;
  return dataTable({
    id: "confused-table",
    caption: "The most confused pairs; shares are of the rows of the true class",
    columns: [
      { label: "true", value: (row) => name(row.true) },
      { label: "predicted", value: (row) => name(row.predicted) },
      countColumn("rows", (row) => row.count),
      { label: "share", numeric: true, bar: true, value: (row) => row.share,
        cell: (row) => shareCell(row) },
      intervalColumn(report.level, (row) => row.low, (row) => row.high, formatShare),
    ],
    rows,
    first: 12,
  });
}

function shareCell(row) {
  const cell = barCell(row.share, row.low, row.high);
  if (typeof cell === "string") return cell;
  cell.classList.add("wrong");
  cell.querySelector("data").textContent = formatShare(row.share);
  return cell;
}
