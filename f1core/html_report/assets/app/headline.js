// The answer first: the metric of the task, what it was and could be, and which classes are weak.

const DECIDED = {
  threshold: "rows were decided by a threshold",
  argmax: "rows were decided by their largest score",
  labels: "rows came decided",
  top_k: "rows were decided by their largest scores",
  "class thresholds": "rows were decided by a threshold of each class",
};

function mastheadOf(report) {
  const facts = [
    `${report.task}, ${formatMany(report.rows, "row")}`,
    formatMany(report.classes.name.length, report.task === "multilabel" ? "label" : "class",
      report.task === "multilabel" ? "labels" : "classes"),
    report.weighted ? "weighted" : null,
    DECIDED[report.decided_by] ?? null,
    ...Object.entries(report.options).map(([name, value]) => `${name} ${optionText(value)}`),
  ];
  return [
    element("h1", {}, report.title),
    element("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
    report.sources.length
      ? element("p", { class: "facts" }, `Read from ${listed(report.sources.map(String))}.`)
      : null,
  ].filter(Boolean);
}

function optionText(value) {
  if (value === null) return "nan";
  if (Array.isArray(value)) return `(${value.length} values)`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function headlineSection(report) {
  const { headline, level } = report;
  const main = answerOf(headline, headline.label, whereOf(headline, report), level);
  const best = headline.best
    ? answerOf(headline.best, "at the best threshold", bestWords(headline, report), level)
    : null;
  return section(
    "answer",
    "The answer",
    element("div", { class: "answers" }, main, best),
    headline.why ? element("p", {}, headline.why) : null,
    ...(report.notes ?? []).map((note) => element("p", { class: "note" }, note)),
    weakList(report),
    otherMetrics(report),
    averagesTable(report),
  );
}

function answerOf({ value, low, high }, label, where, level) {
  const interval = formatInterval(low, high);
  return element(
    "div",
    { class: "answer" },
    element("p", { class: "answer-label" }, label),
    element("p", { class: "answer-value" }, dataOf(value, formatRatio(value))),
    element("p", { class: "answer-note" },
      interval ? `${formatShare(level).replace(".0", "")} interval ${interval}` : "no interval"),
    where ? element("p", { class: "answer-note" }, where) : null,
  );
}

function whereOf(headline, report) {
  if (headline.at?.threshold == null) return DECIDED[report.decided_by] ?? null;
  const given = "threshold" in report.options ? "the given" : "the default";
  return `at ${given} threshold ${formatThresholds(headline.at.threshold)}`;
}

/** How much the best threshold gains. */
function bestWords({ value, best }) {
  const gain = best.value == null || value == null ? null : best.value - value;
  const words = gain > 0 ? `, ${formatDifference(gain)}` : gain === 0 ? ", no better" : "";
  // `bound` is above the value where the cuts that are kept leave some thresholds between them.
  const above = best.bound > best.value && best.bound < 1;
  const more = above && formatRatio(best.bound) !== formatRatio(best.value)
    ? `; no threshold is above ${formatRatio(best.bound)}`
    : "";
  return `threshold ${formatThresholds(best.threshold)}${words}${more}`;
}

function weakList(report) {
  if (!report.weak?.length) return null;
  const one = report.task === "multilabel" ? "label" : "class";
  return element(
    "div",
    {},
    element("h3", {}, `Weak ${one === "class" ? "classes" : "labels"}`),
    element("ul", { class: "weak" }, ...report.weak.map((weak) =>
      element("li", {}, element("strong", {}, report.classes.name[weak.class]), ": ",
        weak.because))),
  );
}

function otherMetrics({ metrics, level }) {
  if (!metrics?.length) return null;
  const known = metrics.filter((metric) => metric.value != null);
  const tiles = known.map(({ label, value, low, high, bounds }) => {
    const interval = formatInterval(low, high);
    return tile(label, value, formatRatio(value),
      interval && (bounds ? `between ${interval.replace(" to ", " and ")}` : interval));
  });
  const interval = `Below each number its ${formatShare(level).replace(".0", "")} interval, `;
  const note = `${interval}or the bounds between which it lies.`;
  return element("div", {}, element("h3", {}, "Other metrics"),
    element("dl", { class: "tiles" }, ...tiles), element("p", { class: "note" }, note));
}

function averagesTable({ averages }) {
  if (!averages?.length) return null;
  const columns = [
    { label: "average", value: (row) => row.name },
    ratioColumn("precision", (row) => row.precision),
    ratioColumn("recall", (row) => row.recall),
    ratioColumn("F1", (row) => row.f1),
    countColumn("support", (row) => row.support),
  ];
  return element("details", {}, element("summary", {}, "All averages"),
    dataTable({ caption: "Averages", columns, rows: averages }));
}
