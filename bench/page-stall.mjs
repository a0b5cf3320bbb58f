// How long a report keeps a browser's main thread busy: the longest task while it is drawn, and at each step of the zoom.
// Usage: node bench/page-stall.mjs REPORT.html [CHROMIUM]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [report, chromium = '/usr/bin/chromium'] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'page-stall-'));
const browser = spawn(chromium, [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--window-size=1280,900', '--remote-debugging-port=0',
  `--user-data-dir=${profile}`, 'about:blank',
]);
const endpoint = await new Promise((found, failed) => {
  let said = '';
  browser.on('exit', () => failed(new Error(said)));
  browser.stderr.on('data', (data) => {
    said += data;
    const match = /ws:\/\/\S+/.exec(said);
    if (match) found(match[0]);
  });
});

const socket = new WebSocket(endpoint);
await new Promise((open) => socket.addEventListener('open', open));
let calls = 0;
const waiting = new Map();
const events = [];
let traceEnds = () => {};
socket.addEventListener('message', ({ data }) => {
  const message = JSON.parse(data);
  if (message.id) {
    if (message.error) throw new Error(JSON.stringify(message.error));
    waiting.get(message.id)(message.result);
    waiting.delete(message.id);
  } else if (message.method === 'Tracing.dataCollected') events.push(...message.params.value);
  else if (message.method === 'Tracing.tracingComplete') traceEnds();
});
const call = (method, params = {}, sessionId = undefined) =>
  new Promise((done) => {
    waiting.set(++calls, done);
    socket.send(JSON.stringify({ id: calls, method, params, sessionId }));
  });

const { targetInfos } = await call('Target.getTargets');
const target = targetInfos.find((one) => one.type === 'page');
const { sessionId } = await call('Target.attachToTarget', { targetId: target.targetId, flatten: true });
const page = (method, params) => call(method, params, sessionId);
const evaluate = async (expression) =>
  (await page('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result.value;
const frames = () => evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))');

/** Tasks of the page's main thread while something is done, the longest first: milliseconds, and of them those of the processor. */
async function tasks(action) {
  events.length = 0;
  await call('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline', '__metadata'] } });
  await action();
  const complete = new Promise((done) => (traceEnds = done));
  await call('Tracing.end');
  await complete;
  const mains = new Set(
    events
      .filter((event) => event.name === 'thread_name' && event.args.name === 'CrRendererMain')
      .map((event) => `${event.pid}/${event.tid}`),
  );
  return events
    .filter((event) => event.ph === 'X' && /RunTask$/.test(event.name) && mains.has(`${event.pid}/${event.tid}`))
    .map((event) => ({ wall: event.dur / 1000, processor: (event.tdur ?? NaN) / 1000 }))
    .sort((a, b) => b.processor - a.processor);
}

const say = (name, list) =>
  console.log(
    name.padEnd(34),
    list.slice(0, 3).map((task) => `${task.processor.toFixed(0)} ms (${task.wall.toFixed(0)} by the clock)`).join(', '),
  );

await page('Page.enable');
await page('Runtime.enable');
say('load and draw', await tasks(async () => {
  await page('Page.navigate', { url: `file://${resolve(report)}` });
  while ((await evaluate('document.documentElement.dataset.ready')) !== 'true') await frames();
  await frames();
}));
for (let step = 1; step <= 8; step++) {
  say(`zoom ${2 ** step} times`, await tasks(async () => {
    await evaluate(`(() => { const plots = [...document.querySelectorAll('figure .plot')]; const timeline = plots.find((plot) => plot.closest('figure').querySelector('input[type=number]')); timeline.focus(); timeline.dispatchEvent(new KeyboardEvent('keydown', { key: '+', bubbles: true })); })()`);
    await frames();
  }));
}
say('show all', await tasks(async () => {
  await evaluate(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '0', bubbles: true }))`);
  await frames();
}));
say('change the theme', await tasks(async () => {
  await evaluate(`document.getElementById('theme').click()`);
  await frames();
}));

socket.close();
browser.kill();
await new Promise((gone) => browser.on('exit', gone));
rmSync(profile, { recursive: true, force: true });
