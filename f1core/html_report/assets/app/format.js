// Numbers as text. What is missing is a dash, and nothing that is not 0 is printed as 0.

const MISSING = "–";
const MINUS = "\u2212";
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const weighed = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

/** Whole numbers with separators; sums of weights with up to six digits. */
function formatCount(value) {
  if (value == null) return MISSING;
  return Number.isInteger(value) ? grouped.format(value) : weighed.format(value);
}

/** "1 row", "2 rows". */
function formatMany(value, one, many = `${one}s`) {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** A number in [0, 1], or any other: 0.8123, 0.00001 and 0.99998 rather than 0.0000 and 1.0000. */
function formatRatio(value, digits = 4) {
  if (value == null) return MISSING;
  const size = Math.abs(value);
  if (size === 0 || size === 1) return signed(value, size.toFixed(digits));
  if (size < 1e-6) return signed(value, size.toExponential(1));
  let places = digits;
  // More digits until it is told apart from 0 and from 1.
  while (places < 10 && [0, 1].includes(Number(size.toFixed(places)))) places += 1;
  // What differs from 1 by less is how sums of weights round.
  return signed(value, size.toFixed(places === 10 ? digits : places));
}

function signed(value, text) {
  return value < 0 ? `${MINUS}${text}` : text;
}

/** A difference, with its sign. */
function formatDifference(value) {
  if (value == null) return MISSING;
  return value > 0 ? `+${formatRatio(value)}` : formatRatio(value);
}

/** A share in per cent: "12.3 %", "0.004 %". */
function formatShare(share) {
  if (share == null) return MISSING;
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent < 1e-4) return `${percent.toExponential(0)} %`;
  let places = 1;
  while (places < 6 && [0, 100].includes(Number(percent.toFixed(places)))) places += 1;
  return `${percent.toFixed(places)} %`;
}

/** "0.81 to 0.84", and nothing where a bound is missing. */
function formatInterval(low, high, format = formatRatio) {
  return low == null || high == null ? "" : `${format(low)} to ${format(high)}`;
}

function formatPValue(value) {
  if (value == null) return MISSING;
  return value < 1e-4 ? "< 0.0001" : value.toFixed(4);
}

/** A threshold with all digits: fewer could cut elsewhere. */
function formatThreshold(value) {
  if (value == null) return MISSING;
  return String(value).replace("-", MINUS);
}

/** A threshold, or what several thresholds have in common: "0.5", "0.1 to 0.7 (a label each)". */
function formatThresholds(value) {
  if (!Array.isArray(value)) return formatThreshold(value);
  const low = d3.min(value);
  const high = d3.max(value);
  if (low === high) return formatThreshold(low);
  return `${formatThreshold(low)} to ${formatThreshold(high)} (one each)`;
}

/** A name as it is, and words for one that cannot be seen. */
function visibleName(named) {
  const name = String(named ?? MISSING);
  if (name === "") return "(empty)";
  return name.trim() === "" ? `(${formatMany(name.length, "blank")})` : name;
}

/** A name that fits beside an axis; the hover text and the tables have all of it. */
function shortName(name, longest = 18) {
  const letters = [...String(name)];
  return letters.length <= longest ? String(name) : `${letters.slice(0, longest - 1).join("")}…`;
}

/** Commas between, "and" before the last. */
function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
