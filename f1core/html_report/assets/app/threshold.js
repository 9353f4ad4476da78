// The threshold that one can drag, and everything that follows it.

function thresholdSection(report, choice) {
  const parts = [
    choice.count > 1 ? entryField(report, choice, "label-choice") : null,
    sliderOf(report, choice),
    element("div", { class: "beside" }, numbersOf(choice), matrixOf(report, choice)),
    costsOf(choice),
    report.task === "multilabel" ? averagesOfLabels(choice) : null,
    cutFigure(report, choice),
    copyOf(report, choice),
  ];
  return section("threshold", "Threshold", element("p", {}, introOf(report)), ...parts);
}

function introOf(report) {
  const drag = "Drag the threshold, or move it with the arrow keys: every number is counted, none "
    + "is estimated.";
  if (report.task === "multiclass") {
    return `${drag} Here one class stands against all others, a row being called it where its `
      + "score is above the threshold. The rows themselves are decided by the largest score, so "
      + "these numbers differ from those of the table by class.";
  }
  if (report.task === "multilabel") return `${drag} Each label keeps the threshold it is given.`;
  return drag;
}

/** The choice of the class or label in view; two of them, in two sections, stay the same. */
function entryField(report, choice, id) {
  const select = element("select", { id, change: () => choice.show(select.selectedIndex) });
  for (let k = 0; k < choice.count; k += 1) select.append(element("option", {}, choice.name(k)));
  const follow = () => {
    select.selectedIndex = choice.entry;
  };
  follow();
  choice.watch(follow);
  return field(report.task === "multilabel" ? "Label" : "Class against the rest", select);
}

/** The slider steps from cut to cut; the number field goes to the nearest one. */
function sliderOf(report, choice) {
  const { cuts } = report;
  const move = (at) => choice.choose(choice.entry, at);
  const slider = element("input", { type: "range", id: "cut", min: 0, step: 1,
    "aria-label": "Threshold", input: () => move(Number(slider.value)) });
  const typed = element("input", { type: "number", id: "cut-value", step: "any",
    change: () => {
      const wanted = typed.valueAsNumber;
      if (Number.isFinite(wanted)) move(nearestIndex(cuts.threshold[choice.entry], wanted));
      else follow();
    } });
  const follow = () => {
    const k = choice.entry;
    const at = choice.chosen[k];
    const threshold = cuts.threshold[k][at];
    slider.max = cuts.threshold[k].length - 1;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `score > ${formatThreshold(threshold)}`);
    typed.value = threshold;
  };
  follow();
  choice.watch(follow);
  return element("div", { class: "controls" }, slider,
    field("score >", typed), buttonsOf(choice));
}

function buttonsOf(choice) {
  const pick = (words, id, index) => element("button", {
    type: "button", id, click: () => choice.choose(choice.entry, index(choice.entry)),
  }, words);
  const buttons = [
    pick("default", "to-default", choice.defaultIndex),
    pick("best F1", "to-best", choice.bestIndex),
  ];
  if (choice.count > 1) {
    const all = (words, id, index) => element("button", {
      type: "button", id, click: () => choice.chooseAll(index),
    }, words);
    buttons.push(all("all to default", "all-default", choice.defaultIndex),
      all("all to best F1", "all-best", choice.bestIndex));
  }
  return element("div", { class: "buttons" }, ...buttons);
}

/** Precision, recall, F1 and alarms at the threshold, beside those at the default one. */
function numbersOf(choice) {
  const names = { precision: "Precision", recall: "Recall", f1: "F1", predicted: "Alarms" };
  const shown = {};
  const tiles = Object.entries(names).map(([key, label]) => {
    shown[key] = { value: element("data", { id: `now-${key}` }), note: element("small") };
    return element("div", { class: `tile ${key}` }, element("dt", {}, label),
      element("dd", {}, shown[key].value, shown[key].note));
  });
  const spoken = element("p", { class: "offscreen", role: "status", id: "spoken" });
  const numbersAt = (outcomes) => ({ ...ratiosOf(outcomes, choice.zeroDivision), ...outcomes });
  let timer = 0;
  const follow = () => {
    const now = numbersAt(choice.at(choice.entry));
    const before = numbersAt(choice.atDefault(choice.entry));
    for (const [key, { value, note }] of Object.entries(shown)) {
      const format = key === "predicted" ? formatCount : formatRatio;
      value.value = now[key] == null ? "" : String(now[key]);
      value.textContent = format(now[key]);
      note.textContent = `default ${format(before[key])}`;
    }
    // Said once the slider rests: a sentence at every step could not be heard.
    clearTimeout(timer);
    timer = setTimeout(() => { spoken.textContent = sentenceOf(now); }, 400);
  };
  follow();
  choice.watch(follow);
  return element("div", {}, element("dl", { class: "tiles big" }, ...tiles), spoken);
}

function sentenceOf({ threshold, precision, recall, f1, predicted, fp, fn }) {
  return `Threshold ${formatThreshold(threshold)}: precision ${formatRatio(precision)}, recall `
    + `${formatRatio(recall)}, F1 ${formatRatio(f1)}, ${formatMany(predicted, "alarm")}, `
    + `${formatCount(fp)} false, ${formatMany(fn, "miss", "misses")}.`;
}

/** The 2x2 matrix at the threshold. */
function matrixOf(report, choice) {
  const cell = (key, words) => element("td", { class: key },
    element("data", { id: `now-${key}` }), element("small", {}, words));
  const rule = element("span");
  const table = element("table", { class: "outcomes" },
    element("caption", {}, "Score > ", rule),
    element("thead", {}, element("tr", {}, element("td"),
      element("th", { scope: "col" }, "above: alarm"),
      element("th", { scope: "col" }, "not above"))),
    element("tbody", {},
      element("tr", {}, element("th", { scope: "row" }, "is it"), cell("tp", "hits"),
        cell("fn", "misses")),
      element("tr", {}, element("th", { scope: "row" }, "is not"), cell("fp", "false alarms"),
        cell("tn", "rightly left"))));
  const follow = () => {
    const now = choice.at(choice.entry);
    rule.textContent = `${formatThreshold(now.threshold)} decides about `
      + `“${choice.name(choice.entry)}”`;
    for (const key of CELLS) {
      const data = table.querySelector(`#now-${key}`);
      data.value = String(now[key]);
      data.textContent = formatCount(now[key]);
    }
  };
  follow();
  choice.watch(follow);
  return table;
}

/** Macro and micro averages over all labels, at the thresholds chosen. */
function averagesOfLabels(choice) {
  const body = element("tbody");
  const follow = () => {
    const all = d3.range(choice.count).map(choice.at);
    const lines = Object.entries(averagesOf(all, choice.zeroDivision)).map(([name, ratios]) => {
      const cells = Object.entries(ratios).map(([ratio, value]) => element("td",
        { class: "number" },
        element("data", { id: `${name}-${ratio}`, value: value ?? "" }, formatRatio(value))));
      return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
    });
    body.replaceChildren(...lines);
  };
  follow();
  choice.watch((what) => what === "threshold" && follow());
  return element("table", { class: "averages" },
    element("caption", {}, `Over all ${formatCount(choice.count)} labels, each at its threshold`),
    element("thead", {}, element("tr", {}, element("td"),
      ...["precision", "recall", "F1"].map((name) =>
        element("th", { scope: "col", class: "number" }, name)))),
    body);
}
