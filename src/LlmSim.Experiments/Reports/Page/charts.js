/** A chart on the page: its buttons, keys, table and theme; what is drawn comes from its kind. */
class ChartCard {
  constructor(spec, columns) {
    this.spec = spec;
    this.figure = document.getElementById(spec.id);
    this.plot = this.figure.querySelector('.plot');
    const kinds = { xy: XyChart, bars: BarsChart, timeline: TimelineChart };
    this.kind = new kinds[spec.kind](spec, columns, this);
  }

  start() {
    if (this.kind.height) this.plot.style.height = `${this.kind.height}px`;
    this.chart = echarts.init(this.plot, null, { renderer: 'canvas' });
    if (this.spec.group) this.chart.group = this.spec.group;
    this.draw();
    this.addButtons();
    this.addKeys();
    this.addTable();
    this.kind.start?.();
    new ResizeObserver(() => this.chart.resize()).observe(this.plot);
  }

  draw() {
    const colors = theme();
    this.chart.setOption({ ...common(colors, this.spec.title), ...this.kind.option(colors) }, { notMerge: true });
  }

  /** The shown part of the horizontal axis, in per cent of it. */
  get shown() {
    const { start, end } = this.chart.getOption().dataZoom[0];
    return { start, end };
  }

  show(start, end) {
    const width = Math.min(100, end - start);
    const from = Math.min(Math.max(0, start), 100 - width);
    this.chart.dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, start: from, end: from + width });
  }

  zoom(factor, center) {
    const { start, end } = this.shown;
    const middle = center ?? (start + end) / 2;
    this.show(middle - (middle - start) * factor, middle + (end - middle) * factor);
  }

  move(share) {
    const { start, end } = this.shown;
    const by = share * (end - start);
    this.show(Math.max(0, start + by), Math.max(0, start + by) + end - start);
  }

  addButtons() {
    if (!this.kind.canZoom) return;
    const caption = this.figure.querySelector('figcaption');
    const add = (text, label, action) => {
      const button = element('button', text, { type: 'button', 'aria-label': label, title: label });
      button.addEventListener('click', action);
      caption.append(button);
    };
    add('+', 'Zoom in', () => this.zoom(0.5));
    add('−', 'Zoom out', () => this.zoom(2));
    add('⟲', 'Show all', () => this.show(0, 100));
    this.plot.addEventListener('dblclick', (event) => {
      const box = this.plot.getBoundingClientRect();
      const { left, right } = this.kind.margins;
      const share = (event.clientX - box.left - left) / (box.width - left - right);
      const { start, end } = this.shown;
      this.zoom(0.4, start + Math.min(1, Math.max(0, share)) * (end - start));
    });
  }

  addKeys() {
    const keys = {
      '+': () => this.zoom(0.5),
      '=': () => this.zoom(0.5),
      '-': () => this.zoom(2),
      0: () => this.show(0, 100),
      ArrowLeft: () => this.move(-0.25),
      ArrowRight: () => this.move(0.25),
    };
    this.plot.addEventListener('keydown', (event) => {
      if (!this.kind.canZoom || !(event.key in keys) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
  }

  addTable() {
    const details = this.figure.querySelector('details.numbers');
    details.addEventListener('toggle', () => {
      details.querySelector('.scroll')?.remove();
      if (details.open) details.append(this.kind.table());
    });
  }
}

/** What all charts have in common. */
function common(colors, title) {
  return {
    animation: false,
    backgroundColor: 'transparent',
    color: colors.series,
    textStyle: { color: colors.text, fontFamily: colors.font },
    aria: { enabled: true, label: { description: `${title}. The numbers are in the table below it.` } },
  };
}

function tooltip(colors, more) {
  return {
    confine: true,
    appendTo: undefined,
    backgroundColor: colors.surface,
    borderColor: colors.line,
    padding: [8, 12],
    textStyle: { color: colors.text, fontSize: 12.5, fontFamily: colors.font },
    extraCssText: 'box-shadow: 0 4px 16px rgba(0,0,0,.14); border-radius: 8px; max-width: 30rem; white-space: normal',
    ...more,
  };
}

/** Rows of a tooltip: a heading, then names with values at the right. */
function tooltipHtml(heading, rows) {
  const lines = rows.map(
    ([name, value, color]) =>
      `<tr><td style="padding:1px 14px 1px 0;border:0">${color ? dot(color) : ''}${escaped(name)}</td>` +
      `<td style="padding:1px 0;border:0;text-align:right;font-weight:600">${escaped(value)}</td></tr>`,
  );
  return `<div style="font-weight:600;margin-bottom:3px">${escaped(heading)}</div><table style="width:auto">${lines.join('')}</table>`;
}

function dot(color) {
  return `<span style="display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:7px;background:${color}"></span>`;
}

/** Zooming of the horizontal axis: dragging moves, the wheel zooms with the control key, so that a page still scrolls. */
function zooms(colors, hasSlider, more = []) {
  const inside = { type: 'inside', xAxisIndex: 0, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false };
  const slider = {
    type: 'slider',
    xAxisIndex: 0,
    filterMode: 'none',
    height: 16,
    bottom: 6,
    borderColor: 'transparent',
    backgroundColor: colors.grid,
    fillerColor: `${colors.accent}33`,
    handleStyle: { color: colors.surface, borderColor: colors.accent },
    moveHandleSize: 0,
    showDetail: false,
    brushSelect: false,
    showDataShadow: false,
  };
  return [inside, ...(hasSlider ? [slider] : []), ...more];
}

/** An axis: values of a logarithmic one are mapped before they are drawn, so that it has ticks within a decade. */
class Axis {
  constructor(spec) {
    this.spec = spec;
    this.name = spec.unit ? `${spec.name} (${spec.unit})` : spec.name;
  }

  map(value) {
    return this.spec.log ? (value > 0 ? Math.log10(value) : NaN) : value;
  }

  option(colors, more) {
    const { spec } = this;
    const ticks = spec.log ? logTicks(spec.min, spec.max) : undefined;
    return {
      type: 'value',
      name: this.name,
      nameLocation: 'middle',
      nameTextStyle: { color: colors.muted, fontSize: 12 },
      min: this.map(spec.min),
      max: spec.log || spec.tight || spec.max === 100 ? this.map(spec.max) : undefined,
      axisLine: { show: true, lineStyle: { color: colors.line } },
      axisTick: { show: true, lineStyle: { color: colors.line }, customValues: ticks },
      axisLabel: {
        color: colors.muted,
        fontSize: 11.5,
        hideOverlap: true,
        customValues: ticks,
        showMinLabel: spec.tight && spec.min !== 0 ? false : undefined,
        showMaxLabel: spec.tight ? false : undefined,
        formatter: (value) => tick(spec.log ? Number((10 ** value).toPrecision(6)) : value),
      },
      splitLine: { lineStyle: { color: colors.grid } },
      axisPointer: { label: { show: false }, lineStyle: { color: colors.muted, type: 'dashed' } },
      ...more,
    };
  }
}

/** Places of 1, 2 and 5 of each decade, or of the decades alone when there are many. */
function logTicks(min, max) {
  const decades = Math.log10(max / min);
  const digits = decades > 3.2 ? [1] : decades > 0.7 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const ticks = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++) {
    for (const digit of digits) {
      const value = digit * 10 ** power;
      if (value >= min && value <= max) ticks.push(Math.log10(value));
    }
  }
  return ticks;
}
