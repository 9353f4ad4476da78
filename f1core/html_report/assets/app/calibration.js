// Are predicted probabilities frequencies?

const SUBJECTS = {
  "positive class": "Is the probability of the positive class how often it comes true?",
  "predicted class": "Is the probability of the class that is predicted how often that is right?",
  "all labels": "Is the probability of a label how often it comes true? All labels together; the "
    + "calibration error is the mean of the labels'.",
};

function calibrationSection(report) {
  const { calibration } = report;
  if (!calibration) return null;
  const { ece, ece_low: low, ece_high: high } = calibration;
  const numbers = [
    ["Calibration error (ECE)", ece, formatInterval(low, high)],
    ["Brier score", calibration.brier, "0 is perfect"],
    ["Log loss", calibration.log_loss, "0 is perfect"],
  ].filter(([, value]) => value != null);
  const bins = binsOf(calibration.bins);
  const subject = SUBJECTS[calibration.of];
  return section("calibration", "Calibration",
    subject ? element("p", {}, subject) : null,
    element("dl", { class: "tiles" }, ...numbers.map(([label, value, note]) =>
      tile(label, value, formatRatio(value), note))),
    element("div", { class: "figures" }, reliabilityFigure(report, bins), binFigure(bins)),
    element("details", {}, element("summary", {}, "The bins as a table"), binTable(report, bins)));
}

function binsOf(bins) {
  return bins.low.map((_, at) =>
    Object.fromEntries(Object.entries(bins).map(([key, values]) => [key, values[at]])));
}

function binWords(bin) {
  const interval = formatInterval(bin.frequency_low, bin.frequency_high);
  return `predicted ${formatRatio(bin.confidence)}\nfound ${formatRatio(bin.frequency)}`
    + `${interval ? ` (${interval})` : ""}\n${formatMany(bin.count, "row")}`;
}

function reliabilityFigure(report, bins) {
  const used = bins.filter((bin) => bin.count > 0 && bin.frequency != null);
  const spans = used.filter((bin) => bin.frequency_low != null && bin.frequency_high != null);
  const over = used.filter((bin) => bin.confidence > bin.frequency).length;
  return figure({
    title: "Predicted probability and how often it came true",
    alt: `In ${over} of ${used.length} bins the predicted probability is above the frequency. `
      + "The table of bins has every number.",
    draw: (width) => plotted({
      ...squareOf(width),
      x: unitAxis("predicted probability"),
      y: unitAxis("frequency"),
      marks: [
        Plot.line([[0, 0], [1, 1]], { stroke: "var(--muted)", strokeDasharray: "4 4" }),
        Plot.ruleX(spans, { x: "confidence", y1: "frequency_low", y2: "frequency_high",
          stroke: "var(--accent)", strokeWidth: 4, strokeOpacity: 0.4 }),
        Plot.line(used, { x: "confidence", y: "frequency", stroke: "var(--accent)" }),
        Plot.dot(used, { x: "confidence", y: "frequency", fill: "var(--accent)", r: 4,
          stroke: "var(--surface)" }),
        hover(used, { x: "confidence", y: "frequency", title: binWords }),
      ],
    }),
  });
}

function binFigure(bins) {
  return figure({
    title: "Rows by predicted probability",
    alt: "How many rows are in each bin; the table of bins has every number.",
    draw: (width) => plotted({
      ...squareOf(width),
      marginLeft: 56,
      x: unitAxis("predicted probability"),
      y: { grid: true, label: "rows", labelArrow: "none", ticks: 5,
        tickFormat: (rows) => d3.format("~s")(rows) },
      marks: [
        Plot.rectY(bins, { x1: "low", x2: "high", y: "count", fill: "var(--accent)", inset: 1 }),
        Plot.ruleY([0], { stroke: "var(--muted)" }),
        hover(bins, { x: (bin) => (bin.low + bin.high) / 2, y: "count", title: binWords },
          Plot.pointerX),
      ],
    }),
  });
}

function binTable(report, bins) {
  return dataTable({
    caption: "Bins of predicted probabilities",
    columns: [
      { label: "from", numeric: true, value: (bin) => bin.low,
        cell: (bin) => formatThreshold(bin.low) },
      { label: "to", numeric: true, value: (bin) => bin.high,
        cell: (bin) => formatThreshold(bin.high) },
      countColumn("rows", (bin) => bin.count),
      ratioColumn("predicted", (bin) => bin.confidence),
      ratioColumn("found", (bin) => bin.frequency),
      intervalColumn(report.level, (bin) => bin.frequency_low, (bin) => bin.frequency_high),
    ],
    rows: bins,
  });
}
