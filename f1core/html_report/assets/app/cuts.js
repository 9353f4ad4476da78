// Outcomes at a threshold, from the integers of the report: no number here is estimated.

const CELLS = ["tp", "fp", "fn", "tn"];

/** What is left of a whole; sums of weights leave less than they round by, or less than nothing. */
function remainder(whole, part) {
  const left = whole - part;
  return left > 1e-12 * whole ? left : 0;
}

/** What cut `at` of entry `k` decides: true and false positives and negatives. */
function outcomesAt(cuts, k, at) {
  const tp = cuts.tp[k][at];
  const predicted = cuts.predicted[k][at];
  const positive = cuts.true[k];
  const fn = remainder(positive, tp);
  const total = cuts.total[k];
  return {
    threshold: cuts.threshold[k][at],
    tp,
    predicted,
    fp: remainder(predicted, tp),
    fn,
    tn: remainder(total, predicted + fn),
    positive,
    total,
  };
}

/** One division; 0/0 is what the report's option says. */
function divided(over, under, zeroDivision) {
  return under === 0 ? zeroDivision : over / under;
}

/** Precision, recall and F1 by the formulas of f1core: 2 tp / (predicted + true). */
function ratiosOf({ tp, predicted, positive }, zeroDivision) {
  return {
    precision: divided(tp, predicted, zeroDivision),
    recall: divided(tp, positive, zeroDivision),
    f1: divided(2 * tp, predicted + positive, zeroDivision),
  };
}

/** Macro and micro averages over the labels' outcomes. */
function averagesOf(all, zeroDivision) {
  const ratios = all.map((outcomes) => ratiosOf(outcomes, zeroDivision));
  const summed = (name) => all.reduce((sum, outcomes) => sum + outcomes[name], 0);
  const mean = (name) => {
    // Undefined ratios are left out of a mean, as f1core does.
    const known = ratios.map((ratio) => ratio[name]).filter((value) => value != null);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  };
  return {
    macro: { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") },
    micro: ratiosOf(
      { tp: summed("tp"), predicted: summed("predicted"), positive: summed("positive") },
      zeroDivision,
    ),
  };
}

/** The index of the value nearest to `wanted` in an ascending list. */
function nearestIndex(ascending, wanted) {
  const after = d3.bisectLeft(ascending, wanted);
  if (after === 0) return 0;
  if (after === ascending.length) return after - 1;
  return wanted - ascending[after - 1] <= ascending[after] - wanted ? after - 1 : after;
}

/** What the outcomes cost: `prices` has a number for each of tp, fp, fn, tn. */
function costOf(outcomes, prices) {
  return CELLS.reduce((sum, cell) => sum + outcomes[cell] * (prices[cell] ?? 0), 0);
}

/** The index of the cut with the greatest `worth`; of equals the highest threshold. */
function bestIndex(cuts, k, worth) {
  let best = -1;
  let most = -Infinity;
  for (let at = 0; at < cuts.threshold[k].length; at += 1) {
    const value = worth(outcomesAt(cuts, k, at)) ?? -Infinity;
    if (value >= most) [best, most] = [at, value];
  }
  return best;
}
