'use strict';
// Before anything is shown, so that a dark page does not begin white.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('llmsim-theme');
  } catch {
    // A page that is opened as a file may have no storage.
  }
  const isDark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();
