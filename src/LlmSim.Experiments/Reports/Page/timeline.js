/** So many requests are drawn one by one; more are counted. */
const MOST_SINGLE = 400;
const BINS = 600;

/** So many are counted before the page may do something else. */
const COUNTED_TOGETHER = 10_000;

/** A strip for each instance: counts of requests from afar, each request itself from near. */
class TimelineChart {
  constructor(spec, columns, card) {
    this.spec = spec;
    this.card = card;
    this.canZoom = true;
    this.margins = { left: 104, right: 20 };
    this.columns = columns;
    this.height = Math.min(900, 90 + 46 * spec.instances.length);
    this.window = [0, spec.end];
  }

  /** Reads the requests and counts them over the whole time, step by step: there may be 100,000. */
  async prepare(pause) {
    const { spec, columns } = this;
    for (const name of ['arrival', 'prefillRow', 'decodeRow', 'inputTokens', 'outputTokens']) {
      this[name] = columns.get(spec[name]);
      await pause();
    }
    this.count = this.arrival.length;
    let before = this.arrival;
    for (const name of ['prefillStart', 'prefillFinish', 'transferFinish', 'decodeStart', 'finish']) {
      before = this[name] = this.times(before, columns.get(spec[name]));
      await pause();
    }
    if (this.count <= MOST_SINGLE) return;
    const whole = this.emptyCounts(0, spec.end);
    for (let i = 0; i < this.count; i += COUNTED_TOGETHER) {
      this.add(whole, i, Math.min(this.count, i + COUNTED_TOGETHER));
      await pause();
    }
    this.whole = this.summed(whole);
  }

  /** Times that a request does not have stay those of the step before it. */
  times(before, steps) {
    return before.map((time, i) => time + (Number.isNaN(steps[i]) ? 0 : steps[i]));
  }

  /** The phases of a request: name, strip, start and end. */
  phases(i) {
    const prefill = this.prefillRow[i];
    const decode = this.decodeRow[i];
    const all = [
      ['queue', prefill, this.arrival[i], this.prefillStart[i]],
      ['prefill', prefill, this.prefillStart[i], this.prefillFinish[i]],
      ['transfer', decode, this.prefillFinish[i], this.transferFinish[i]],
      ['queue', decode, this.transferFinish[i], this.decodeStart[i]],
      ['decode', decode, this.decodeStart[i], this.finish[i]],
    ];
    return all.filter(([, row, start, end]) => row >= 0 && end > start);
  }

  option(colors) {
    this.colors = colors;
    const { spec } = this;
    return {
      grid: { ...this.margins, top: 8, bottom: 68, outerBoundsMode: 'none' },
      xAxis: {
        ...new Axis({ name: 'simulated time', unit: 's', min: 0, max: spec.end, tight: true }).option(colors, { nameGap: 28 }),
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: spec.instances,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: colors.text, fontSize: 12, width: 92, overflow: 'truncate' },
        splitLine: { show: true, lineStyle: { color: colors.grid } },
      },
      dataZoom: zooms(colors, true),
      tooltip: tooltip(colors, { trigger: 'item', formatter: (one) => this.describe(one) }),
      series: [this.shownSeries()],
    };
  }

  /** What the window shows: single requests when they are few. */
  shownSeries() {
    const [from, to] = this.window;
    const visible = [];
    const after = lowerBound(this.arrival, to);
    for (let i = 0; i < after && visible.length <= MOST_SINGLE; i++) {
      if (this.finish[i] >= from) visible.push(i);
    }
    this.areSingle = visible.length <= MOST_SINGLE;
    this.visible = this.areSingle ? visible : null;
    return this.areSingle ? this.singles(visible) : this.counts(from, to);
  }

  /** Each phase of each request is a bar in the first lane of its strip that is free. */
  singles(visible) {
    const lanes = this.spec.instances.map(() => []);
    const bars = [];
    for (const i of visible) {
      const stays = new Map();
      for (const [name, row, start, end] of this.phases(i)) {
        const stay = stays.get(row) ?? { row, start, end, parts: [] };
        stay.end = end;
        stay.parts.push([name, start, end]);
        stays.set(row, stay);
      }
      for (const stay of stays.values()) {
        const used = lanes[stay.row];
        let lane = used.findIndex((end) => end <= stay.start);
        if (lane < 0) lane = used.push(0) - 1;
        used[lane] = stay.end;
        for (const [name, start, end] of stay.parts) bars.push([start, stay.row, end, lane, i, name]);
      }
    }
    return {
      type: 'custom',
      id: 'strips',
      clip: true,
      encode: { x: [0, 2], y: 1 },
      data: bars.map((bar) => ({ value: bar.slice(0, 5), name: bar[5] })),
      renderItem: (params, api) => {
        const bar = bars[params.dataIndex];
        const height = (api.size([0, 1])[1] * 0.84) / lanes[bar[1]].length;
        const [x, middle] = api.coord([bar[0], bar[1]]);
        const [right] = api.coord([bar[2], bar[1]]);
        const area = params.coordSys;
        const left = Math.max(x, area.x);
        const end = Math.min(right, area.x + area.width);
        if (end < left) return null;
        const top = middle - (api.size([0, 1])[1] * 0.84) / 2 + bar[3] * height;
        const gap = height > 5 ? 1 : 0;
        return {
          type: 'rect',
          shape: { x: left, y: top, width: Math.max(1, end - left), height: Math.max(1, height - gap), r: height > 9 ? 2 : 0 },
          style: { fill: this.colors.phases[bar[5]] },
          emphasis: { style: { stroke: this.colors.text, lineWidth: 1.5 } },
        };
      },
    };
  }

  /** How many requests are in each phase over each part of the window, on average. */
  counts(from, to) {
    if (from === 0 && to === this.spec.end) this.sums = this.whole;
    else {
      const counts = this.emptyCounts(from, to);
      this.add(counts, 0, this.count);
      this.sums = this.summed(counts);
    }
    return {
      type: 'custom',
      id: 'strips',
      clip: true,
      encode: { x: [0, 2], y: 1 },
      data: this.spec.instances.map((_, row) => ({ value: [from, row, to] })),
      renderItem: (params, api) => this.strip(params.dataIndex, api),
    };
  }

  emptyCounts(from, to) {
    const kinds = ['queue', 'prefill', 'decode'];
    const sums = this.spec.instances.map(() => kinds.map(() => new Float64Array(BINS + 1)));
    return { kinds, sums, from, to, width: (to - from) / BINS };
  }

  /** Adds some requests to the differences of counts: a part of a bin counts as that part. */
  add({ sums, from, to, width }, first, last) {
    const spread = (sum, place, by) => {
      const bin = Math.floor(place);
      if (bin >= BINS) return;
      sum[bin] += by * (1 - (place - bin));
      sum[bin + 1] += by * (place - bin);
    };
    const stay = (row, kind, start, end) => {
      if (row < 0 || end <= from || start >= to || end <= start) return;
      spread(sums[row][kind], Math.max(0, (start - from) / width), 1);
      spread(sums[row][kind], Math.min(BINS, (end - from) / width), -1);
    };
    for (let i = first; i < last && this.arrival[i] < to; i++) {
      if (this.finish[i] <= from) continue;
      stay(this.prefillRow[i], 0, this.arrival[i], this.prefillStart[i]);
      stay(this.prefillRow[i], 1, this.prefillStart[i], this.prefillFinish[i]);
      stay(this.decodeRow[i], 0, this.transferFinish[i], this.decodeStart[i]);
      stay(this.decodeRow[i], 2, this.decodeStart[i], this.finish[i]);
    }
  }

  /** Counts from their differences, and the largest of each strip. */
  summed({ kinds, sums, from, width }) {
    for (const row of sums) for (const sum of row) for (let bin = 1; bin <= BINS; bin++) sum[bin] += sum[bin - 1];
    const most = sums.map((row) => Math.max(1e-9, ...row[0].map((_, bin) => row.reduce((all, sum) => all + sum[bin], 0))));
    return { kinds, sums, from, width, most };
  }

  strip(row, api) {
    const { kinds, sums, from, width, most } = this.sums;
    const size = api.size([0, 1])[1] * 0.84;
    const [, middle] = api.coord([from, row]);
    const ground = middle + size / 2;
    const [left] = api.coord([from, row]);
    const [right] = api.coord([from + width * BINS, row]);
    const step = (right - left) / BINS;
    const below = new Float64Array(BINS + 1);
    // What is worked on stands on the ground, what waits on top of it.
    const order = [2, 1, 0];
    return {
      type: 'group',
      children: order.map((kind) => {
        const top = [];
        const bottom = [];
        for (let bin = 0; bin < BINS; bin++) {
          const low = ground - (below[bin] / most[row]) * size;
          below[bin] += sums[row][kind][bin];
          const high = ground - (below[bin] / most[row]) * size;
          top.push([left + bin * step, high], [left + (bin + 1) * step, high]);
          bottom.push([left + bin * step, low], [left + (bin + 1) * step, low]);
        }
        return {
          type: 'polygon',
          shape: { points: [...top, ...bottom.reverse()] },
          style: { fill: this.colors.phases[kinds[kind]] },
        };
      }),
    };
  }

  describe({ dataIndex, value }) {
    if (this.areSingle) return this.describeRequest(value[4]);
    const { kinds, sums, from, width } = this.sums;
    const seconds = this.pointed ?? from;
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((seconds - from) / width)));
    const names = { queue: 'waiting', prefill: 'prefilling', decode: 'decoding' };
    return tooltipHtml(
      `${this.spec.instances[dataIndex]} at ${figure(from + bin * width)} s`,
      kinds.map((kind, k) => [`requests ${names[kind]}`, figure(sums[dataIndex][k][bin]), this.colors.phases[kind]]),
    );
  }

  describeRequest(i) {
    const row = (name, start, end, color) => [name, duration(end - start), color];
    const { phases } = this.colors;
    const rows = [
      ['prompt, output', `${figure(this.inputTokens[i])}, ${figure(this.outputTokens[i])} tokens`],
      ['arrived at', `${figure(this.arrival[i])} s`],
      row('waited for prefill', this.arrival[i], this.prefillStart[i], phases.queue),
      row('prefill', this.prefillStart[i], this.prefillFinish[i], phases.prefill),
    ];
    if (this.decodeRow[i] >= 0) {
      rows.push(
        row('KV transfer', this.prefillFinish[i], this.transferFinish[i], phases.transfer),
        row('waited for decode', this.transferFinish[i], this.decodeStart[i], phases.queue),
        row('decode', this.decodeStart[i], this.finish[i], phases.decode),
      );
    }
    rows.push(['end to end', duration(this.finish[i] - this.arrival[i])]);
    return tooltipHtml(`request ${(i * this.spec.idStep).toLocaleString('en-US')}`, rows);
  }

  start() {
    const { chart, plot, figure: card } = this.card;
    let isDue = false;
    chart.on('datazoom', () => {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        const { start, end } = this.card.shown;
        this.window = [(start / 100) * this.spec.end, (end / 100) * this.spec.end];
        chart.setOption({ series: [this.shownSeries()] }, { replaceMerge: ['series'] });
        this.say();
      });
    });
    chart.getZr().on('mousemove', ({ offsetX, offsetY }) => {
      this.pointed = chart.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY])?.[0];
    });
    this.addLegend(card, plot);
    this.addSearch(card);
    this.say();
  }

  addLegend(card, plot) {
    const legend = element('p', undefined, { class: 'note legend' });
    const names = { queue: 'waiting', prefill: 'prefill', transfer: 'KV transfer', decode: 'decode' };
    for (const [phase, name] of Object.entries(names)) {
      const mark = element('span', undefined, {
        style: `display:inline-block;width:11px;height:11px;border-radius:3px;margin:0 6px 0 0;vertical-align:-1px;background:var(--${phase})`,
      });
      const item = element('span', undefined, { style: 'margin-right:16px' });
      item.append(mark, name);
      legend.append(item);
    }
    this.said = element('span', '', { 'aria-live': 'polite' });
    legend.append(this.said);
    card.insertBefore(legend, plot);
  }

  say() {
    this.said.textContent = this.areSingle
      ? `${this.visible.length.toLocaleString('en-US')} requests, each by itself`
      : 'height: requests at a time, each strip to its own largest; zoom in for single requests';
  }

  /** Goes to a request by its number. */
  addSearch(card) {
    const caption = card.querySelector('figcaption');
    const label = element('label', 'Request ');
    const input = element('input', undefined, { type: 'number', min: '0', placeholder: 'number' });
    label.append(input);
    input.addEventListener('change', () => {
      const i = Math.round(Number(input.value) / this.spec.idStep);
      if (input.value === '' || !(i >= 0 && i < this.count)) return;
      const length = Math.max(this.finish[i] - this.arrival[i], this.spec.end * 1e-6);
      const percent = (seconds) => (100 * seconds) / this.spec.end;
      this.card.show(percent(this.arrival[i] - 0.1 * length), percent(this.finish[i] + 0.1 * length));
    });
    caption.insertBefore(label, caption.querySelector('button'));
  }

  table() {
    const [from, to] = this.window;
    const inWindow = [];
    for (let i = 0; i < this.count && this.arrival[i] < to; i++) if (this.finish[i] >= from) inWindow.push(i);
    const shown = everyKth(inWindow.length, 300).map((k) => inWindow[k]);
    return numbersTable(
      ['request', 'arrival (s)', 'prefill on', 'prefill start', 'first token', 'decode on', 'decode start', 'finish', 'prompt', 'output'],
      shown.map((i) => [
        String(i * this.spec.idStep),
        this.arrival[i],
        this.spec.instances[this.prefillRow[i]] ?? '–',
        this.prefillStart[i],
        this.prefillFinish[i],
        this.spec.instances[this.decodeRow[i]] ?? '–',
        this.decodeStart[i],
        this.finish[i],
        this.inputTokens[i],
        this.outputTokens[i],
      ]),
      shown.length < inWindow.length ? `${shown.length} of the ${inWindow.length} requests of the shown time` : '',
    );
  }
}
