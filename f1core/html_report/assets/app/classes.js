// Every class: the table, and F1 as a picture.

const MANY = 60; // classes that a picture with a line each can show

function nounOf(report, many = true) {
  if (report.task === "multilabel") return many ? "labels" : "label";
  return many ? "classes" : "class";
}

function classRows({ classes }) {
  return classes.name.map((name, at) => {
    const row = { name, at };
    for (const [key, values] of Object.entries(classes)) {
      if (Array.isArray(values)) row[key] = values[at];
    }
    return row;
  });
}

function classColumns(report) {
  const { classes, level } = report;
  const columns = [
    { label: nounOf(report, false), value: (row) => row.name, cell: (row) => nameOf(report, row) },
    {
      label: "F1", numeric: true, bar: true, value: (row) => row.f1,
      cell: (row) => barCell(row.f1, row.f1_low, row.f1_high),
    },
    intervalColumn(level, (row) => row.f1_low, (row) => row.f1_high),
    ratioColumn("precision", (row) => row.precision),
    ratioColumn("recall", (row) => row.recall),
    countColumn("support", (row) => row.support, { help: "rows that are of it" }),
    countColumn("predicted", (row) => row.predicted, { help: "rows that were called it" }),
    countColumn("right", (row) => row.tp, { help: "rows that are of it and were called it" }),
  ];
  const further = {
    roc_auc: "ROC AUC",
    average_precision: "average precision",
    best_f1: "best F1",
    best_threshold: "at threshold",
  };
  for (const [key, label] of Object.entries(further)) {
    if (!classes[key]) continue;
    const column = ratioColumn(label, (row) => row[key]);
    if (key === "best_threshold") {
      column.cell = (row) => dataOf(row[key], formatThreshold(row[key]));
    }
    columns.push(column);
  }
  return columns;
}

function nameOf(report, row) {
  if (row.at !== report.positive) return row.name;
  return element("span", {}, row.name, element("small", { class: "badge" }, "positive"));
}

function classesSection(report) {
  const rows = classRows(report);
  const noun = nounOf(report);
  return section(
    "classes",
    `By ${nounOf(report, false)}`,
    dataTable({
      id: "class-table",
      caption: `${formatCount(rows.length)} ${noun}; a click on a heading sorts`,
      columns: classColumns(report),
      rows,
      search: rows.length > 8 ? `Search ${noun}` : null,
      sorted: rows.length > 2 ? { column: 1, falling: false } : null,
    }),
  );
}

function f1Section(report) {
  const rows = classRows(report).map((row) => ({ ...row, value: row.f1, low: row.f1_low,
    high: row.f1_high }));
  const known = rows.filter((row) => row.value != null);
  if (known.length < 3) return null; // two are seen in the table
  const ordered = d3.sort(known, (row) => row.value);
  const figures = rows.length > MANY
    ? [scatterFigure(report, known), linesFigure(report, ordered.slice(0, 30))]
    : [linesFigure(report, ordered)];
  return section("f1", `F1 by ${nounOf(report, false)}`, ...figures);
}

function f1Words(row) {
  const interval = formatInterval(row.low, row.high);
  return [
    `${row.name}`,
    `F1 ${formatRatio(row.value)}${interval ? ` (${interval})` : ""}`,
    `precision ${formatRatio(row.precision)}, recall ${formatRatio(row.recall)}`,
    formatMany(row.support, "row"),
  ].join("\n");
}

function linesFigure(report, ordered) {
  const [first, last] = [ordered[0], ordered[ordered.length - 1]];
  const all = ordered.length === report.classes.name.length;
  const what = all ? `all ${ordered.length}` : `the ${ordered.length} lowest`;
  return figure({
    title: `F1 of ${what} ${nounOf(report)}, lowest first, with `
      + `${formatShare(report.level).replace(".0", "")} intervals`,
    alt: `F1 of ${what} ${nounOf(report)}: from ${formatRatio(first.value)} (${first.name}) to `
      + `${formatRatio(last.value)} (${last.name}). The table by ${nounOf(report, false)} has `
      + "every number.",
    draw: rangesChart(ordered, { label: "F1", domain: [0, 1], text: f1Words }),
  });
}

function scatterFigure(report, rows) {
  const logarithmic = d3.min(rows, (row) => row.support) > 0;
  return figure({
    title: `F1 and rows of all ${formatCount(rows.length)} ${nounOf(report)}`
      + `${logarithmic ? " (rows on a logarithmic scale)" : ""}`,
    alt: `Median F1 ${formatRatio(d3.median(rows, (row) => row.value))}; `
      + `${formatCount(rows.filter((row) => row.value < 0.5).length)} ${nounOf(report)} are below `
      + "0.5. The table has every number.",
    draw: (width) => plotted({
      width,
      height: 320,
      marginLeft: 44,
      marginBottom: 40,
      x: { type: logarithmic ? "log" : "linear", label: "rows of the class", grid: true, ticks: 5,
        tickFormat: logarithmic ? "~s" : undefined, labelAnchor: "center", labelArrow: "none" },
      y: { domain: [0, 1], label: "F1", grid: true, labelArrow: "none" },
      marks: [
        Plot.dot(rows, { x: "support", y: "value", r: 3, fill: "var(--accent)",
          fillOpacity: 0.55 }),
        hover(rows, { x: "support", y: "value", title: f1Words }),
      ],
    }),
  });
}
