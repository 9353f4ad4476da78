// The chosen thresholds to take away: a line of Python, or JSON that `f1core score` reads.

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

function chosenThresholds(choice) {
  return d3.range(choice.count).map((k) => choice.at(k).threshold);
}

/** Is the name a number, so that labels may be numbers that are printed like it? */
function numeric(name) {
  return /^-?\d+(\.\d+)?$/.test(name);
}

/** Which label is the positive one; names serve labels of 0 and 1 too, the positive name last. */
function positiveOf(labels, label) {
  const other = labels.find((name) => name !== label);
  if (!numeric(label) || !numeric(other ?? "0")) {
    return `classes=${JSON.stringify([other ?? `not ${label}`, label])}, `;
  }
  return label === "1" ? "" : `pos_label=${label}, `;
}

/** A line that counts these rows at the thresholds; strings of JSON are strings of Python. */
function asPython(report, choice) {
  const thresholds = chosenThresholds(choice);
  // Of many classes the scores of one, apart from the others, are no logits.
  const logits = report.options.from_logits && report.task !== "multiclass";
  const more = (logits ? ", from_logits=True" : "")
    + (report.weighted ? ", sample_weight=weight" : "");
  if (report.task === "multilabel") {
    return `f1core.score(y_true, y_prob, task="multilabel", threshold=[${thresholds.join(", ")}]`
      + `${more})`;
  }
  const at = report.cuts.of[choice.entry];
  const label = report.labels[at];
  const threshold = `threshold=${thresholds[choice.entry]}${more}`;
  if (report.task === "binary") {
    return `f1core.score(y_true, y_prob, ${positiveOf(report.labels, label)}${threshold})`;
  }
  // Labels that look like numbers may be numbers or text: both are compared as text.
  const truth = numeric(label) ? "y_true.astype(str)" : "y_true";
  return `f1core.score(${truth} == ${JSON.stringify(label)}, y_prob[:, ${at}], ${threshold})`;
}

/** What `f1core tune` writes, as far as a page knows it; the positive class is last. */
function asJson(report, choice) {
  const { task, labels, options, cuts } = report;
  const thresholds = chosenThresholds(choice);
  const logits = Boolean(options.from_logits);
  if (task === "multilabel") {
    const classes = cuts.of.map((at) => labels[at]);
    return JSON.stringify({ task, classes, threshold: thresholds, from_logits: logits });
  }
  const threshold = thresholds[choice.entry];
  const label = labels[cuts.of[choice.entry]];
  // One class against the rest is no rule for all classes, and no file for `score`.
  if (task === "multiclass") return JSON.stringify({ class: label, threshold });
  const classes = [...labels.filter((name) => name !== label), label];
  return JSON.stringify({ task, classes, threshold, from_logits: logits });
}
