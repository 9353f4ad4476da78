// The metric of the headline in each group of rows.

function groupsSection(report) {
  const { groups, headline, level } = report;
  if (!groups) return null;
  const rows = groups.rows;
  const known = rows.filter((row) => row.value != null);
  const ordered = d3.sort(known, (row) => row.value);
  const columns = [
    { label: groups.column, value: (row) => row.name },
    { label: headline.label, numeric: true, bar: true, value: (row) => row.value,
      cell: (row) => barCell(row.value, row.low, row.high) },
    intervalColumn(level, (row) => row.low, (row) => row.high),
    ratioColumn("precision", (row) => row.precision),
    ratioColumn("recall", (row) => row.recall),
    countColumn("rows", (row) => row.rows),
  ];
  return section("groups", `By ${groups.column}`,
    ordered.length > 1 ? groupFigure(report, ordered.slice(0, MANY), rows.length) : null,
    dataTable({ id: "group-table", caption: `${headline.label} by ${groups.column}`, columns, rows,
      search: rows.length > 12 ? "Search groups" : null, first: 60,
      sorted: { column: 1, falling: false } }));
}

function groupFigure({ groups, headline }, shown, all) {
  const [first, last] = [shown[0], shown[shown.length - 1]];
  const words = (row) => [
    row.name,
    `${headline.label} ${formatRatio(row.value)} ${formatInterval(row.low, row.high)}`.trim(),
    formatMany(row.rows, "row"),
  ].join("\n");
  return figure({
    title: `${headline.label} by ${groups.column}`
      + `${shown.length < all ? `, the ${shown.length} lowest` : ""}`,
    alt: `From ${formatRatio(first.value)} (${first.name}) to ${formatRatio(last.value)} `
      + `(${last.name}); the table has every number.`,
    draw: rangesChart(shown, { label: headline.label, domain: [0, 1], text: words }),
  });
}
