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

/** The options that counting depends on, as Python takes them. */
function countedBy({ options, weighted }) {
  const { ignore_index: ignored, average_over: over, beta } = options;
  return (options.from_logits ? ", from_logits=True" : "")
    + (ignored == null ? "" : `, ignore_index=${JSON.stringify(ignored)}`)
    + (over == null ? "" : `, average_over=${JSON.stringify(over)}`)
    + (beta == null ? "" : `, beta=${beta}`)
    + (weighted ? ", sample_weight=weight" : "");
}

/** Lines that count these rows at the thresholds; strings of JSON are strings of Python. */
function asPython(report, choice) {
  const thresholds = chosenThresholds(choice);
  if (report.task === "multiclass") return oneAgainstTheRest(report, choice, thresholds);
  const more = countedBy(report);
  if (report.task === "multilabel") {
    return `f1core.score(y_true, y_prob, task="multilabel", threshold=[${thresholds.join(", ")}]`
      + `${more})`;
  }
  const at = report.cuts.of[choice.entry];
  const label = report.labels[at];
  const threshold = `threshold=${thresholds[choice.entry]}${more}`;
  return `f1core.score(y_true, y_prob, ${positiveOf(report.labels, label)}${threshold})`;
}

/** Lines that count one of many classes: rows that are left out, and softmax, come before. */
function oneAgainstTheRest(report, choice, thresholds) {
  const { options, labels, cuts, weighted } = report;
  const at = cuts.of[choice.entry];
  // Labels that look like numbers may be numbers or text: both are compared as text.
  const is = (label, sign, rows = "") => (numeric(label)
    ? `y_true${rows}.astype(str) ${sign} ${JSON.stringify(label)}`
    : `y_true${rows} ${sign} ${JSON.stringify(label)}`);
  const ignored = options.ignore_index;
  const [rows, lines] = ignored == null ? ["", []] : ["[kept]", [`kept = ${is(String(ignored), "!=")}`]];
  if (options.from_logits) {
    lines.push("y_prob = scipy.special.softmax(y_prob.astype(float), axis=1)");
  }
  const more = (options.beta == null ? "" : `, beta=${options.beta}`)
    + (weighted ? `, sample_weight=weight${rows}` : "");
  const prob = rows ? `y_prob[kept, ${at}]` : `y_prob[:, ${at}]`;
  lines.push(`f1core.score(${is(labels[at], "==", rows)}, ${prob}, `
    + `threshold=${thresholds[choice.entry]}${more})`);
  return lines.join("\n");
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
