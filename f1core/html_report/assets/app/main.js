// Read the report's data and put the page together; what is not in the data is not on the page.

function absentSection(report) {
  const why = [];
  const said = (report.notes ?? []).some((note) => note.startsWith("Thresholds, curves"));
  if (!report.cuts && !said) {
    const made = report.decided_by === "labels" ? "The rows came as labels" : "This page was made";
    why.push(`${made} without scores: there is no threshold to move, and there are no curves.`);
  }
  if (!report.confusion && report.task === "multilabel") {
    why.push("A multilabel task has no one confusion matrix: each label is decided by itself"
      + `${report.cuts ? ", and its 2x2 matrix is under Threshold." : "."}`);
  }
  if (!report.calibration && report.cuts) {
    why.push("No calibration: the scores are no probabilities that add up to 1.");
  }
  if (!why.length) return null;
  return section("absent", "What is not here", ...why.map((words) => element("p", {}, words)));
}

function contentsOf(sections) {
  return element("ul", {}, ...sections.map((made) =>
    element("li", {}, element("a", { href: `#${made.id}` },
      made.querySelector("h2").textContent))));
}

function colophonOf(report) {
  return element("p", {},
    `Made by f1core ${report.f1core} on `,
    element("time", { datetime: report.made }, report.made.replace("T", " ").replace("Z", " UTC")),
    ". This page asks for nothing over the network. Charts: Observable Plot and D3, © Observable, "
    + "Inc. and Mike Bostock, ISC licence.");
}

/** In print everything is open, whatever was folded on the screen. */
function openForPrint() {
  let opened = [];
  const open = () => {
    opened.push(...document.querySelectorAll("details:not([open])"));
    opened.forEach((details) => details.setAttribute("open", ""));
  };
  const close = () => {
    opened.forEach((details) => details.removeAttribute("open"));
    opened = [];
  };
  const media = window.matchMedia("print");
  media.addEventListener("change", ({ matches }) => (matches ? open() : close()));
  window.addEventListener("beforeprint", open);
  window.addEventListener("afterprint", close);
}

/** Put words for names that cannot be seen; what is copied has the labels as they are. */
function showNames(report) {
  const named = (rows) => rows?.forEach((row) => {
    row.name = visibleName(row.name);
  });
  report.labels = report.classes.name;
  report.classes.name = report.labels.map(visibleName);
  named(report.groups?.rows);
  const { baseline } = report;
  if (!baseline) return;
  named(baseline.groups);
  if (baseline.classes) baseline.classes.name = baseline.classes.name.map(visibleName);
  for (const row of baseline.flips?.rows ?? []) {
    for (const key of ["true", "old", "new"]) row[key] = visibleName(row[key]);
  }
}

function main() {
  const report = JSON.parse(document.getElementById("report").textContent);
  showNames(report);
  const choice = report.cuts?.of.length ? createChoice(report) : null;
  const sections = [
    headlineSection(report),
    choice && thresholdSection(report, choice),
    classesSection(report),
    confusionSection(report),
    f1Section(report),
    choice && curvesSection(report, choice),
    calibrationSection(report),
    groupsSection(report),
    baselineSection(report),
    absentSection(report),
  ].filter(Boolean);
  document.getElementById("masthead").replaceChildren(...mastheadOf(report));
  document.getElementById("contents").replaceChildren(contentsOf(sections));
  document.getElementById("main").replaceChildren(...sections);
  document.getElementById("colophon").replaceChildren(colophonOf(report));
  drawFigures();
  openForPrint();
}

main();
