// Elements of the page. Text goes in as text nodes only, so that a name can never become markup.

/** Make an element: attributes by name, listeners as functions, children as nodes or text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child != null));
  return made;
}

/** A section with its heading, to which the contents link. */
function section(id, title, ...children) {
  return element(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title),
    ...children,
  );
}

/** A number that is shown rounded and kept in full. */
function dataOf(value, text) {
  return element("data", { value: value == null ? "" : String(value) }, text);
}

/** One number with its name, and what is to be said about it. */
function tile(label, value, text, note) {
  return element(
    "div",
    { class: "tile" },
    element("dt", {}, label),
    element("dd", {}, dataOf(value, text), note ? element("small", {}, note) : null),
  );
}

/** A box that scrolls sideways by itself, also by keyboard, so that the page never does. */
function scrollBox(label, ...children) {
  return element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label },
    ...children);
}

/** A labelled field of a form. */
function field(label, input) {
  return element("label", { class: "field" }, element("span", {}, label), input);
}

/** Put text on the clipboard; pages opened as files may lack the clipboard's interface. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const before = document.activeElement;
  const area = element("textarea", { class: "offscreen", readonly: true, "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  before?.focus();
  return copied;
}
