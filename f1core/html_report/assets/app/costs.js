// What outcomes cost, by prices that a person types.

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
