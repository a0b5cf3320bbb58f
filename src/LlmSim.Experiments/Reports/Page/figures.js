/** A number as people read it: four digits, or all those before the point. */
function figure(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 0.0005)) return value.toExponential(2);
  if (size >= 999.5) return Math.round(value).toLocaleString('en-US');
  const digits = size >= 99.95 ? 1 : size >= 9.995 ? 2 : size >= 0.0995 || size === 0 ? 3 : 4;
  return String(Number(value.toFixed(digits)));
}

/** A number on an axis. */
function tick(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(0).replace('e+', 'e');
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 });
}

function withUnit(value, unit) {
  return unit ? `${figure(value)} ${unit}` : figure(value);
}

/** Seconds in the unit that reads best. */
function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds >= 1 || seconds === 0) return `${figure(seconds)} s`;
  return seconds >= 1e-3 ? `${figure(seconds * 1e3)} ms` : `${figure(seconds * 1e6)} µs`;
}

/** Text as HTML. */
function escaped(text) {
  const codes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text).replace(/[&<>"']/g, (c) => codes[c]);
}

/** An element with text and attributes. */
function element(name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
  return made;
}

/** The colours of the theme that the page has now. */
function theme() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of('text'),
    muted: of('muted'),
    line: of('line'),
    grid: of('grid'),
    surface: of('surface'),
    accent: of('accent'),
    bad: of('bad'),
    series: of('series').split(',').map((color) => color.trim()),
    phases: { queue: of('queue'), prefill: of('prefill'), transfer: of('transfer'), decode: of('decode') },
    font: getComputedStyle(document.body).fontFamily,
  };
}
