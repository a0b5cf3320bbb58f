/** The button between light and dark. */
function addThemeButton(cards) {
  const button = document.getElementById('theme');
  const root = document.documentElement;
  const show = () => {
    const isDark = root.dataset.theme === 'dark';
    button.setAttribute('aria-pressed', String(isDark));
    button.textContent = isDark ? 'Light' : 'Dark';
  };
  button.addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem('llmsim-theme', root.dataset.theme);
    } catch {
      // The choice holds for this page alone.
    }
    show();
    for (const card of cards) if (card.chart) card.draw();
  });
  show();
}

function addCopyButtons() {
  for (const button of document.querySelectorAll('button.copy')) {
    const pre = button.parentElement.querySelector('pre');
    button.addEventListener('click', async () => {
      getSelection().selectAllChildren(pre);
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = 'Copied';
      } catch {
        // It is selected, to be copied by hand.
      }
    });
  }
}

const pause = () => new Promise((resume) => setTimeout(resume));

(async () => {
  const specs = JSON.parse(document.getElementById('charts').textContent);
  document.querySelectorAll('.card.table').forEach(enhanceTable);
  addCopyButtons();
  const cards = [];
  addThemeButton(cards);
  if (specs.length > 0) {
    document.body.append(
      element('p', 'Plus and minus zoom, left and right move, 0 shows all.', { id: 'chart-keys', class: 'hidden' }),
    );
    const library = await inflate('library');
    const columns = new Columns(await inflate('numbers'));
    await pause();
    const script = document.createElement('script');
    script.textContent = new TextDecoder().decode(library);
    document.head.append(script);
    // One by one, so that the page can be read and scrolled meanwhile.
    for (const spec of specs) {
      await pause();
      const card = new ChartCard(spec, columns);
      await card.kind.prepare?.(pause);
      card.start();
      cards.push(card);
    }
    for (const group of new Set(specs.map((spec) => spec.group).filter(Boolean))) echarts.connect(group);
  }
  document.documentElement.dataset.ready = 'true';
})();
