// The label in view and the threshold of each label: one state, which sections watch.

/** The state of a report with cuts; `watch` is told of every change. */
function createChoice(report) {
  const { cuts } = report;
  const zeroDivision = "zero_division" in report.options ? report.options.zero_division : 0;
  const watchers = [];
  const defaults = cuts.of.map((_, k) => nearestIndex(cuts.threshold[k], defaultOf(report, k)));
  const choice = {
    entry: firstEntry(report),
    chosen: [...defaults],
    zeroDivision,
    count: cuts.of.length,
    name: (k) => report.classes.name[cuts.of[k]],
    at: (k) => outcomesAt(cuts, k, choice.chosen[k]),
    atIndex: (k, at) => outcomesAt(cuts, k, at),
    atDefault: (k) => outcomesAt(cuts, k, defaults[k]),
    defaultIndex: (k) => defaults[k],
    bestIndex: (k) => bestOf(report, k, zeroDivision),
    bestOf: (k, worth) => bestIndex(cuts, k, worth),
    watch(told) {
      watchers.push(told);
    },
    choose(k, at) {
      choice.chosen[k] = at;
      watchers.forEach((told) => told("threshold"));
    },
    chooseAll(pick) {
      choice.chosen = cuts.of.map((_, k) => pick(k));
      watchers.forEach((told) => told("threshold"));
    },
    show(k) {
      choice.entry = k;
      watchers.forEach((told) => told("entry"));
    },
  };
  return choice;
}

/** The threshold by which entry `k` was decided. */
function defaultOf(report, k) {
  const at = report.headline.at?.threshold ?? report.options.threshold;
  if (Array.isArray(at)) return at[k] ?? 0.5;
  return typeof at === "number" ? at : 0.5;
}

/** The cut with the best F1: the one that f1core names, of equally good ones. */
function bestOf(report, k, zeroDivision) {
  const named = report.classes.best_threshold?.[report.cuts.of[k]];
  if (named != null) return nearestIndex(report.cuts.threshold[k], named);
  return bestIndex(report.cuts, k, (outcomes) => ratiosOf(outcomes, zeroDivision).f1);
}

/** The label in view at first: the most frequent one. */
function firstEntry({ cuts }) {
  return d3.greatestIndex(cuts.true, (positive) => positive);
}
