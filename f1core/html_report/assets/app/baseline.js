// Two models on the same rows: what changed, how surely, and which rows flipped.

function baselineSection(report) {
  const { baseline } = report;
  if (!baseline) return null;
  const level = baseline.level ?? report.level;
  return section("baseline", "Compared with the baseline",
    element("p", {}, "New: ", element("strong", {}, baseline.new), ". Baseline: ",
      element("strong", {}, baseline.old), `. ${formatMany(baseline.rows, "row")} that both `
      + "decided. Differences are new less old.", comparisonsWords(baseline)),
    dataTable({ id: "baseline-metrics", caption: "Metrics", rows: baseline.metrics,
      columns: differenceColumns("metric", (row) => row.label, level) }),
    differenceFigure(baseline.metrics.map((row) => ({ ...row, name: row.label })), "metric"),
    classDifferences(report, level),
    groupDifferences(report, level),
    flipsOf(baseline.flips));
}

function comparisonsWords({ comparisons }) {
  if (!(comparisons > 1)) return null;
  return ` ${formatCount(comparisons)} p-values are told: by chance alone about one in twenty `
    + "would be below 0.05. Where a column says so, they are adjusted for their number (Holm).";
}

function differenceColumns(label, name, level, more = []) {
  return [
    { label, value: name },
    ratioColumn("new", (row) => row.new),
    ratioColumn("baseline", (row) => row.old),
    { label: "difference", numeric: true, value: (row) => row.difference,
      cell: (row) => dataOf(row.difference, formatDifference(row.difference)) },
    { label: `${formatShare(level).replace(".0", "")} interval`, numeric: true,
      value: (row) => row.low,
      cell: (row) => formatInterval(row.low, row.high, formatDifference) || MISSING },
    { label: "p-value", numeric: true, value: (row) => row.p_value,
      cell: (row) => formatPValue(row.p_value) },
    ...more,
    { label: "verdict", value: (row) => verdictOf(row), cell: (row) => verdictCell(row) },
  ];
}

/** By the interval: is 0 in it? */
function verdictOf({ low, high }) {
  if (low == null || high == null) return "unknown";
  if (low > 0) return "higher";
  return high < 0 ? "lower" : "not clear";
}

function verdictCell(row) {
  const verdict = verdictOf(row);
  const sign = { higher: "▲ ", lower: "▼ " }[verdict] ?? "";
  return element("span", { class: `verdict ${verdict.replace(" ", "-")}` },
    sign ? element("span", { "aria-hidden": "true" }, sign) : null, verdict);
}

function differenceWords(row) {
  return [
    row.name,
    `${formatRatio(row.old)} → ${formatRatio(row.new)}`,
    `${formatDifference(row.difference)} (${formatInterval(row.low, row.high, formatDifference)})`,
    `p ${formatPValue(row.p_value)}`,
  ].join("\n");
}

function differenceFigure(rows, noun) {
  const known = rows.filter((row) => row.difference != null)
    .map((row) => ({ ...row, value: row.difference }));
  if (known.length < 2) return null;
  const clear = known.filter((row) => ["higher", "lower"].includes(verdictOf(row))).length;
  return figure({
    title: `Difference by ${noun}, with intervals; right of the line the new one is higher`,
    alt: `${clear} of ${known.length} differences have an interval without 0; the table has every `
      + "number.",
    draw: rangesChart(known, { label: "new less baseline", zero: true, text: differenceWords }),
  });
}

/** Rows out of lists by name. */
function rowsOfLists(lists) {
  return lists.name.map((_, at) => Object.fromEntries(Object.entries(lists)
    .filter(([, values]) => Array.isArray(values)).map(([key, values]) => [key, values[at]])));
}

function adjusted(rows) {
  if (!rows.some((row) => row.p_holm != null)) return [];
  return [{ label: "p (Holm)", numeric: true, value: (row) => row.p_holm,
    cell: (row) => formatPValue(row.p_holm) }];
}

function classDifferences({ baseline, task }, level) {
  if (!baseline.classes?.name?.length) return null;
  const rows = rowsOfLists(baseline.classes);
  const noun = task === "multilabel" ? "label" : "class";
  const largest = d3.sort(rows, (row) => -Math.abs(row.difference ?? 0)).slice(0, 30);
  return element("div", {}, element("h3", {}, `F1 by ${noun}`),
    differenceFigure(d3.sort(largest, (row) => row.difference), noun),
    dataTable({ id: "baseline-classes", caption: `F1 by ${noun}, new and baseline`, rows, first: 60,
      search: rows.length > 8 ? "Search" : null, sorted: { column: 3, falling: false },
      columns: differenceColumns(noun, (row) => row.name, level, adjusted(rows)) }));
}

function groupDifferences({ baseline, groups, headline }, level) {
  const rows = baseline.groups;
  if (!rows?.length) return null;
  const noun = groups?.column ?? "group";
  return element("div", {}, element("h3", {}, `By ${noun}`),
    differenceFigure(rows.slice(0, MANY), noun),
    dataTable({ id: "baseline-groups", caption: `${headline.label} by ${noun}, new and baseline`,
      rows, first: 60, columns: differenceColumns(noun, (row) => row.name, level,
        [...adjusted(rows), countColumn("rows", (row) => row.rows)]) }));
}

const FLIPS = {
  mended: "mended",
  broken: "broken",
  both_wrong_differently: "wrong in another way",
};

function flipsOf(flips) {
  if (!flips) return null;
  const counts = Object.entries(FLIPS).map(([key, label]) =>
    tile(label, flips[key], formatCount(flips[key])));
  const manyFiles = new Set(flips.rows.map((row) => row.file)).size > 1;
  const columns = [
    { label: "row", numeric: true, value: (row) => row.row },
    manyFiles ? { label: "file", value: (row) => row.file } : null,
    { label: "true", value: (row) => row.true },
    { label: "baseline said", value: (row) => row.old },
    { label: "new says", value: (row) => row.new },
    flips.rows.some((row) => row.kind)
      ? { label: "flip", value: (row) => FLIPS[row.kind] ?? row.kind }
      : null,
  ].filter(Boolean);
  const leftOut = flips.left_out ? `, the first of ${formatCount(
    flips.rows.length + flips.left_out)}` : "";
  return element("div", {}, element("h3", {}, "Rows that flipped"),
    element("dl", { class: "tiles" }, ...counts),
    flips.rows.length
      ? dataTable({ id: "flips", caption: `Rows decided otherwise than before${leftOut}`,
        rows: flips.rows, columns, first: 12 })
      : null);
}
