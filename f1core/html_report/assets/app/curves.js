// Curves over all thresholds, on which the threshold in view is a point that moves.

/** The points of one entry, with what each threshold gives. */
function pointsOf(report, choice) {
  const k = choice.entry;
  return report.cuts.threshold[k].map((threshold, at) => {
    const outcomes = choice.atIndex(k, at);
    const negative = outcomes.total - outcomes.positive;
    return {
      at,
      threshold,
      ...ratiosOf(outcomes, choice.zeroDivision),
      // A curve ends where nothing is predicted: 0/0 is no precision, whatever stands for it.
      ...(outcomes.predicted === 0 && { precision: null }),
      falseRate: negative ? outcomes.fp / negative : null,
    };
  });
}

function pointWords(point) {
  return `score > ${formatThreshold(point.threshold)}\nprecision ${formatRatio(point.precision)}\n`
    + `recall ${formatRatio(point.recall)}\nF1 ${formatRatio(point.f1)}`;
}

/** Redraw when another label is chosen, move the point when another threshold is. */
function following(choice, made, cursor) {
  choice.watch((what) => {
    if (what === "entry") made.redraw();
    const svg = made.querySelector(".chart > svg");
    if (svg) cursor(svg);
  });
  return made;
}

/** A click on a curve takes the threshold of the point that is hovered. */
function taking(choice, svg) {
  svg.addEventListener("click", () => svg.value && choice.choose(choice.entry, svg.value.at));
  return svg;
}

const RATIO_LINES = [
  { key: "precision", name: "precision" },
  { key: "recall", name: "recall" },
  { key: "f1", name: "F1" },
];
const DASHES = { precision: "6 4", recall: "2 3", f1: null };

/** Precision, recall and F1 at every threshold. */
function cutFigure(report, choice) {
  const here = () => choice.atIndex(choice.entry, choice.chosen[choice.entry]);
  const values = () => {
    const ratios = ratiosOf(here(), choice.zeroDivision);
    return RATIO_LINES.map(({ key }) => ratios[key]);
  };
  const draw = (width) => {
    const points = pointsOf(report, choice);
    // An undefined ratio is put somewhere and hidden: three dots are to be moved.
    const dots = RATIO_LINES.map(({ key }, at) => ({ key, value: values()[at] ?? 0 }));
    const svg = plotted({
      width, height: 280, marginLeft: 44, marginBottom: 40, marginRight: 16,
      // A cut below all scores is written -1, and drawn at 0.
      x: { label: "threshold", labelAnchor: "center", labelArrow: "none", clamp: true,
        domain: [0, d3.max(points, (point) => point.threshold)],
        ticks: Math.max(3, width / 90) },
      y: { domain: [0, 1], grid: true, label: null },
      marks: [
        ...RATIO_LINES.map(({ key }) => Plot.lineY(points, { x: "threshold", y: key,
          curve: "step-after", stroke: `var(--${key})`, strokeDasharray: DASHES[key],
          strokeWidth: key === "f1" ? 2.5 : 1.75 })),
        Plot.ruleX([here().threshold], { className: "cursor", stroke: "var(--text)" }),
        Plot.dot(dots, { className: "cursor", x: () => here().threshold, y: "value", r: 5,
          fill: ({ key }) => `var(--${key})`, stroke: "var(--surface)", sort: null }),
        hover(points, { x: "threshold", y: "f1", title: pointWords }, Plot.pointerX),
      ],
    });
    moveCursor(svg, here().threshold, values());
    return taking(choice, svg);
  };
  const made = figure({
    title: "Precision, recall and F1 at every threshold; a click takes one",
    alt: () => `Of ${choice.name(choice.entry)}: F1 is highest, ${bestWordsOf(choice)}.`,
    keep: lineLegend(RATIO_LINES),
    draw,
  });
  return following(choice, made, (svg) => moveCursor(svg, here().threshold, values()));
}

function bestWordsOf(choice) {
  const best = choice.atIndex(choice.entry, choice.bestIndex(choice.entry));
  const { f1 } = ratiosOf(best, choice.zeroDivision);
  return `${formatRatio(f1)}, at threshold ${formatThreshold(best.threshold)}`;
}

function squareOf(width) {
  return { width, height: Math.min(width, 380), marginLeft: 44, marginBottom: 40, marginRight: 16 };
}

function unitAxis(label) {
  return { domain: [0, 1], grid: true, label, labelArrow: "none", labelAnchor: "center", ticks: 5 };
}

function curveFigure(report, choice, { title, x, y, labels, base, ends, alt }) {
  const here = () => ratiosAndRate(choice);
  const draw = (width) => {
    const points = pointsOf(report, choice).filter((p) => p[x] != null && p[y] != null);
    const now = here();
    const svg = plotted({
      ...squareOf(width),
      x: unitAxis(labels[0]),
      y: unitAxis(labels[1]),
      marks: [
        Plot.line(base(choice), { stroke: "var(--muted)", strokeDasharray: "4 4" }),
        Plot.line([...ends[0], ...points, ...ends[1]], { x, y, stroke: "var(--accent)",
          strokeWidth: 2 }),
        Plot.dot([{ [x]: now[x] ?? 0, [y]: now[y] ?? 0 }], { className: "cursor", x, y, r: 6,
          fill: "var(--error)", stroke: "var(--surface)" }),
        hover(points, { x, y, title: pointWords }),
      ],
    });
    moveCursor(svg, now[x], now[y]);
    return taking(choice, svg);
  };
  const made = figure({ title, alt: () => alt(choice), draw });
  return following(choice, made, (svg) => moveCursor(svg, here()[x], here()[y]));
}

function ratiosAndRate(choice) {
  const now = choice.at(choice.entry);
  const negative = now.total - now.positive;
  return { ...ratiosOf(now, choice.zeroDivision), falseRate: negative ? now.fp / negative : null };
}

function areaWords(report, choice, key, name) {
  const area = report.classes[key]?.[report.cuts.of[choice.entry]];
  return area == null ? "" : `, ${name} ${formatRatio(area)}`;
}

function curvesSection(report, choice) {
  const share = () => choice.at(choice.entry).positive / (choice.at(choice.entry).total || 1);
  const recallAndPrecision = curveFigure(report, choice, {
    title: "Precision and recall",
    x: "recall", y: "precision", labels: ["recall", "precision"], ends: [[], []],
    base: () => [[0, share()], [1, share()]],
    alt: () => {
      const area = areaWords(report, choice, "average_precision", "average precision");
      return `Precision against recall of ${choice.name(choice.entry)}${area}; the dashed line is `
        + `its share of the rows, ${formatShare(share())}.`;
    },
  });
  const roc = curveFigure(report, choice, {
    title: "ROC",
    x: "falseRate", y: "recall", labels: ["false alarms among the negative", "recall"],
    ends: [[{ falseRate: 1, recall: 1 }], [{ falseRate: 0, recall: 0 }]],
    base: () => [[0, 0], [1, 1]],
    alt: () => `Recall against the share of false alarms of ${choice.name(choice.entry)}`
      + `${areaWords(report, choice, "roc_auc", "ROC AUC")}; the dashed line is chance.`,
  });
  return section("curves", "Precision-recall and ROC",
    choice.count > 1 ? entryField(report, choice, "curve-choice") : null,
    element("p", { class: "note" }, "The point is the threshold chosen above, the dashed lines are "
      + "scores that know nothing. Lines join thresholds that were counted; a click takes one."),
    element("div", { class: "figures" }, recallAndPrecision, roc));
}
