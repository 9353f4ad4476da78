// What outcomes cost, by prices that a person types; and thresholds to take away.

const PRICES = {
  fp: ["A false alarm costs", 1],
  fn: ["A miss costs", 1],
  tp: ["A hit costs (a gain is negative)", 0],
  tn: ["A row rightly left costs", 0],
};

function costsOf(choice) {
  const inputs = {};
  const fields = Object.entries(PRICES).map(([cell, [words, price]]) => {
    inputs[cell] = element("input", { type: "number", step: "any", value: price,
      id: `price-${cell}`, input: () => follow() });
    return field(words, inputs[cell]);
  });
  const total = element("data", { id: "total-cost" });
  const before = element("span", { class: "note" });
  const pricesOf = () => Object.fromEntries(Object.entries(inputs).map(([cell, input]) =>
    [cell, Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : 0]));
  const cheapest = (k) => choice.bestOf(k, (outcomes) => -costOf(outcomes, pricesOf()));
  const follow = () => {
    const now = costOf(choice.at(choice.entry), pricesOf());
    const least = costOf(choice.atIndex(choice.entry, cheapest(choice.entry)), pricesOf());
    total.value = String(now);
    total.textContent = moneyOf(now);
    before.textContent = `least ${moneyOf(least)}; at the default `
      + moneyOf(costOf(choice.atDefault(choice.entry), pricesOf()));
  };
  follow();
  choice.watch(follow);
  const button = (words, id, act) => element("button", { type: "button", id, click: act }, words);
  return element("fieldset", { class: "costs" }, element("legend", {}, "Costs"),
    element("div", { class: "fields" }, ...fields),
    element("p", { class: "total" }, "Total cost ", element("strong", {}, total), " ", before),
    element("div", { class: "buttons" },
      button("cheapest threshold", "to-cheapest",
        () => choice.choose(choice.entry, cheapest(choice.entry))),
      choice.count > 1
        ? button("all to their cheapest", "all-cheapest", () => choice.chooseAll(cheapest))
        : null));
}

const money = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

function moneyOf(value) {
  return money.format(value).replace("-", MINUS);
}

/** The chosen thresholds as a line of Python and as JSON, all digits. */
function copyOf(report, choice) {
  const shown = element("code", {});
  const status = element("span", { role: "status", id: "copied" });
  const copy = (words, id, textOf) => element("button", {
    type: "button", id,
    click: async () => {
      const text = textOf(report, choice);
      shown.textContent = text;
      status.textContent = (await copyText(text))
        ? `Copied as ${words}.`
        : "The browser does not allow copying: mark the line below.";
    },
  }, `Copy as ${words}`);
  const follow = () => {
    shown.textContent = asPython(report, choice);
    status.textContent = "";
  };
  follow();
  choice.watch(follow);
  return element("div", { class: "copy" }, element("div", { class: "buttons" },
    copy("Python", "copy-python", asPython), copy("JSON", "copy-json", asJson), status),
  element("pre", { tabindex: "0", "aria-label": "The chosen threshold as code" }, shown));
}

function asPython(report, choice) {
  const thresholds = d3.range(choice.count).map((k) => choice.at(k).threshold);
  if (report.task === "multilabel") {
    return `f1core.score(y_true, y_prob, task="multilabel", threshold=[${thresholds.join(", ")}])`;
  }
  const threshold = thresholds[choice.entry];
  if (report.task === "binary") return `f1core.score(y_true, y_prob, threshold=${threshold})`;
  const at = report.cuts.of[choice.entry];
  const name = JSON.stringify(choice.name(choice.entry));
  return `f1core.score(y_true == ${name}, y_prob[:, ${at}], threshold=${threshold})`;
}

function asJson(report, choice) {
  const thresholds = d3.range(choice.count).map((k) => choice.at(k).threshold);
  if (report.task === "multilabel") return JSON.stringify({ threshold: thresholds });
  const threshold = thresholds[choice.entry];
  if (report.task === "binary") return JSON.stringify({ threshold });
  return JSON.stringify({ class: choice.name(choice.entry), threshold });
}
