// A table that is sorted by its headings and searched by name.
//
// A column: {label, value(row), cell(row) (text or a node; the value as it stands without one),
// numeric, bar}. Numbers are sorted falling at first, names rising; what is missing comes last.

/** The table with its search field; `first` rows at once, the others on demand. */
function dataTable({ caption, columns, rows, search = null, first = Infinity, sorted = null, id }) {
  const body = element("tbody");
  const table = element(
    "table",
    { class: "data", id },
    element("caption", {}, caption),
    element("thead", {}, element("tr")),
    body,
  );
  const all = rows.map((row, at) => ({ row, at, line: lineOf(columns, row) }));
  const state = { all, body, first, wanted: "" };
  const heads = columns.map((column) => headOf(column, () => sortBy(column)));
  table.tHead.rows[0].append(...heads.map((head) => head.cell));

  function sortBy(column, falling = null) {
    const head = heads[columns.indexOf(column)];
    const before = head.cell.getAttribute("aria-sort");
    const down = falling ?? (before ? before === "ascending" : Boolean(column.numeric));
    heads.forEach((other) => other.cell.removeAttribute("aria-sort"));
    head.cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = (a, b) => compared(column.value(a.row), column.value(b.row), down);
    state.all.sort((a, b) => order(a, b) || a.at - b.at);
    showRows(state);
  }

  const more = moreButton(state);
  const tools = search ? searchField(state, search) : null;
  if (sorted) sortBy(columns[sorted.column], sorted.falling);
  else showRows(state);
  return element("div", { class: "table" }, tools, scrollBox(caption, table), more);
}

function headOf(column, sort) {
  const button = element("button", { type: "button", click: sort }, column.label,
    element("span", { class: "arrow", "aria-hidden": "true" }));
  const kind = column.numeric ? "number" : null;
  // Headings that are repeated on each printed page lack their buttons: styles print the name.
  const about = { scope: "col", class: kind, title: column.help, "data-label": column.label };
  return { cell: element("th", about, button) };
}

function lineOf(columns, row) {
  const cells = columns.map((column, at) => {
    const shown = column.cell ? column.cell(row) : String(column.value(row) ?? MISSING);
    const kind = [column.numeric && "number", column.bar && "barred"].filter(Boolean).join(" ");
    const held = column.numeric ? shown : element("span", {}, shown); // text is wrapped in it
    return at === 0
      ? element("th", { scope: "row", class: kind || null }, held)
      : element("td", { class: kind || null }, held);
  });
  return element("tr", {}, ...cells);
}

const collator = new Intl.Collator("en", { numeric: true });

/** Order of two values; missing ones are last whichever way is sorted. */
function compared(a, b, down) {
  if (a == null || b == null) return (a == null) - (b == null);
  const order = typeof a === "string" ? collator.compare(a, b) : a - b;
  return down ? -order : order;
}

/** Put the rows in order and hide those not searched for, or too many; print shows all of them. */
function showRows(state) {
  let shown = 0;
  let found = 0;
  const fragment = document.createDocumentFragment();
  for (const { line } of state.all) {
    const fits = !state.wanted || line.cells[0].textContent.toLowerCase().includes(state.wanted);
    found += fits;
    const visible = fits && shown < state.first;
    shown += visible;
    line.hidden = !fits;
    line.classList.toggle("further", fits && !visible);
    fragment.append(line);
  }
  state.body.append(fragment);
  return found;
}

function searchField(state, label) {
  const status = element("span", { role: "status" });
  const input = element("input", {
    type: "search",
    autocomplete: "off",
    input: () => {
      state.wanted = input.value.trim().toLowerCase();
      const found = showRows(state);
      status.textContent = state.wanted ? `${formatCount(found)} found` : "";
    },
  });
  return element("div", { class: "tools" }, field(label, input), status);
}

function moreButton(state) {
  if (state.all.length <= state.first) return null;
  const few = state.first;
  const button = element("button", {
    type: "button",
    class: "more",
    click: () => {
      state.first = state.first === few ? Infinity : few;
      showRows(state);
      button.textContent = wordsOf();
    },
  });
  const wordsOf = () =>
    state.first === few ? `Show all ${formatCount(state.all.length)}` : `Show the first ${few}`;
  button.textContent = wordsOf();
  return button;
}

/** A ratio with its bar and the whiskers of its interval. */
function barCell(value, low = null, high = null) {
  if (value == null) return MISSING;
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("i"));
  bar.style.setProperty("--value", value);
  if (low != null && high != null) {
    bar.append(element("b"));
    bar.style.setProperty("--low", low);
    bar.style.setProperty("--high", high);
  }
  return element("span", { class: "with-bar" }, dataOf(value, formatRatio(value)), bar);
}

function countColumn(label, value, more = {}) {
  return { label, numeric: true, value, cell: (row) => dataOf(value(row), formatCount(value(row))),
    ...more };
}

function ratioColumn(label, value, more = {}) {
  return { label, numeric: true, value, cell: (row) => dataOf(value(row), formatRatio(value(row))),
    ...more };
}

function intervalColumn(level, low, high, format = formatRatio) {
  return {
    label: `${formatShare(level).replace(".0", "")} interval`,
    numeric: true,
    value: low,
    cell: (row) => formatInterval(low(row), high(row), format) || MISSING,
  };
}
