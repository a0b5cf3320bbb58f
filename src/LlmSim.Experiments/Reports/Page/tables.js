/** Rows from which on a table is worth a filter. */
const ROWS_TO_FILTER = 6;

/** Makes a table sort by its headings, and filter by words. */
function enhanceTable(card) {
  const table = card.querySelector('table');
  const body = table.tBodies[0];
  const rows = [...body.rows];
  rows.forEach((row, index) => (row.dataset.row = index));
  [...table.tHead.rows[0].cells].forEach((heading, column) => addSorting(heading, column, table, rows));
  if (rows.length >= ROWS_TO_FILTER) addFilter(card, rows);
}

function addSorting(heading, column, table, rows) {
  const button = element('button', undefined, { type: 'button', title: 'Sort by this column' });
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener('click', () => {
    const isAscending = heading.getAttribute('aria-sort') !== 'ascending';
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', isAscending ? 'ascending' : 'descending');
    rows.sort((a, b) => compare(a.cells[column], b.cells[column], heading, isAscending ? 1 : -1));
    table.tBodies[0].append(...rows);
  });
}

/** Numbers by value, what has none last, texts by their letters. */
function compare(a, b, heading, sign) {
  if (!heading.classList.contains('number')) {
    return sign * a.textContent.localeCompare(b.textContent, 'en', { numeric: true });
  }
  const [left, right] = [a, b].map((cell) => Number(cell.dataset.value ?? NaN));
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) - Number.isNaN(right);
  return sign * (left - right);
}

function addFilter(card, rows) {
  const tools = element('div', undefined, { class: 'tools' });
  const input = element('input', undefined, {
    type: 'search',
    placeholder: 'Filter rows: words, all of which a row has',
    'aria-label': 'Filter rows',
  });
  const count = element('span', `${rows.length} rows`, { 'aria-live': 'polite' });
  const texts = new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent).join(' ').toLowerCase()]));
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => texts.get(row).includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = shown === rows.length ? `${shown} rows` : `${shown} of ${rows.length} rows`;
  });
  tools.append(input, count);
  card.insertBefore(tools, card.querySelector('.scroll'));
}

/** Marks a row of a table, and shows it. */
function selectRow(tableId, index, isShown) {
  const card = document.getElementById(tableId);
  for (const row of card?.querySelectorAll('tbody tr') ?? []) {
    const isIt = Number(row.dataset.row) === index;
    row.classList.toggle('selected', isIt);
    if (isIt && isShown) row.scrollIntoView({ block: 'center' });
  }
}

/** A table of numbers beside a chart. */
function numbersTable(headings, rows, note) {
  const scroll = element('div', undefined, { class: 'scroll', tabindex: '0' });
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  for (const heading of headings) head.append(element('th', heading, { scope: 'col', class: 'number' }));
  const body = table.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    for (const cell of cells) {
      row.append(element('td', typeof cell === 'number' ? figure(cell) : cell, { class: 'number' }));
    }
  }
  scroll.append(table);
  if (note) scroll.append(element('p', note, { class: 'note' }));
  return scroll;
}
