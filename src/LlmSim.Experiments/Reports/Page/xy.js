/** Lines that a colour alone would not tell apart in print, or to some eyes. */
const DASHES = ['solid', [7, 4], [2, 3], [9, 3, 2, 3]];
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'roundRect', 'emptyCircle', 'emptyRect'];

/** Points from which on a series is drawn as many small ones. */
const MANY_POINTS = 500;

/** Values against values: lines, steps, points, bands and error bars. */
class XyChart {
  constructor(spec, columns, card) {
    this.spec = spec;
    this.card = card;
    this.canZoom = true;
    this.x = new Axis(spec.x);
    this.y = new Axis(spec.y);
    this.series = spec.series.map((series) => ({
      ...series,
      ...Object.fromEntries(
        ['x', 'y', 'low', 'high', 'rows'].filter((key) => series[key]).map((key) => [key, columns.get(series[key])]),
      ),
    }));
    this.hasLegend = this.series.length > 1;
    this.hasSlider = spec.group !== '' || spec.wide;
    this.margins = { left: 62, right: 20 };
  }

  option(colors) {
    const drawn = this.series.flatMap((series, index) => this.drawn(series, index, colors));
    const areLines = this.series.every((series) => series.style !== 'Points');
    const upright = this.series.some((series) => series.style === 'Points')
      ? [{ type: 'inside', yAxisIndex: 0, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false }]
      : [];
    return {
      grid: { ...this.margins, top: this.hasLegend ? 34 : 12, bottom: this.hasSlider ? 68 : 44, outerBoundsMode: 'none' },
      legend: {
        show: this.hasLegend,
        type: 'scroll',
        data: this.series.map((series) => series.name),
        top: 0,
        left: 0,
        itemWidth: 26,
        itemHeight: 9,
        itemGap: 16,
        textStyle: { color: colors.text, fontSize: 12, width: 260, overflow: 'truncate' },
        pageTextStyle: { color: colors.muted },
        pageIconColor: colors.muted,
        inactiveColor: colors.line,
        // The library would write names into its tooltip as they are.
        tooltip: { show: false },
      },
      xAxis: this.x.option(colors, { nameGap: 28 }),
      yAxis: this.y.option(colors, { nameGap: 46 }),
      dataZoom: zooms(colors, this.hasSlider, upright),
      tooltip: tooltip(colors, {
        trigger: areLines ? 'axis' : 'item',
        axisPointer: { type: 'line' },
        formatter: (params) => this.describe(Array.isArray(params) ? params : [params]),
      }),
      series: [...this.acrosses(colors), ...drawn],
    };
  }

  drawn(series, index, colors) {
    const color = colors.series[index % colors.series.length];
    const data = Array.from(series.x, (x, i) => [this.x.map(x), this.y.map(series.y[i]), i]);
    const shared = { name: series.name, data, symbol: SYMBOLS[index % SYMBOLS.length], id: `s${index}` };
    if (series.style === 'Points') {
      const many = data.length > MANY_POINTS;
      return [
        {
          ...shared,
          type: 'scatter',
          symbolSize: data.length > 5000 ? 3 : many ? 4 : 9,
          large: data.length > 5000,
          itemStyle: { color, opacity: many ? 0.4 : 0.85 },
          emphasis: { scale: 1.8, itemStyle: { opacity: 1, borderColor: colors.text, borderWidth: 1.5 } },
        },
      ];
    }
    const line = {
      ...shared,
      type: 'line',
      step: series.style === 'Step' ? 'end' : false,
      showSymbol: series.style === 'MarkedLine',
      symbolSize: 8,
      itemStyle: { color },
      lineStyle: { color, width: 2, type: DASHES[index % DASHES.length] },
      emphasis: { disabled: false, lineStyle: { width: 3 } },
      connectNulls: false,
    };
    if (!series.low) return [line];
    return [series.style === 'MarkedLine' ? this.bars(series, index, color) : this.band(series, index, color), line];
  }

  /** The interval of each point. */
  bars(series, index, color) {
    return {
      type: 'custom',
      id: `bars${index}`,
      silent: true,
      tooltip: { show: false },
      data: Array.from(series.x, (x, i) => [this.x.map(x), this.within(series.low[i]), this.within(series.high[i])]),
      encode: { x: 0, y: [1, 2] },
      renderItem: (_, api) => {
        const [x, low] = api.coord([api.value(0), api.value(1)]);
        const [, high] = api.coord([api.value(0), api.value(2)]);
        const bar = (x1, y1, x2, y2) => ({
          type: 'line',
          shape: { x1, y1, x2, y2 },
          style: { stroke: color, lineWidth: 1.3 },
        });
        return {
          type: 'group',
          children: [bar(x, low, x, high), bar(x - 4, low, x + 4, low), bar(x - 4, high, x + 4, high)],
        };
      },
    };
  }

  band(series, index, color) {
    const points = Array.from(series.x, (x, i) => i).filter((i) => Number.isFinite(series.low[i]));
    return {
      type: 'custom',
      id: `band${index}`,
      silent: true,
      clip: true,
      tooltip: { show: false },
      data: [[this.x.map(series.x[0]), this.within(series.low[0])]],
      renderItem: (_, api) => {
        const edge = (end) => points.map((i) => api.coord([this.x.map(series.x[i]), this.within(end[i])]));
        return {
          type: 'polygon',
          shape: { points: [...edge(series.low), ...edge(series.high).reverse()] },
          style: { fill: color, opacity: 0.18 },
        };
      },
    };
  }

  /** An end of an interval, or of the axis where it reaches beyond it. */
  within(value) {
    const { min, max, log } = this.spec.y;
    return this.y.map(log ? Math.min(max, Math.max(min, value)) : value);
  }

  /** Lines across the chart, such as SLOs, and the diagonals of a comparison. */
  acrosses(colors) {
    const lines = this.spec.lines.map((line) => ({
      name: line.name,
      [line.vertical ? 'xAxis' : 'yAxis']: (line.vertical ? this.x : this.y).map(line.value),
      label: {
        formatter: () => line.name,
        color: colors.bad,
        fontSize: 11,
        position: line.vertical ? 'insideEndTop' : 'insideEndTop',
        rotate: line.vertical ? 90 : 0,
      },
    }));
    const shown = {
      type: 'line',
      data: [],
      silent: true,
      markLine: {
        symbol: 'none',
        silent: true,
        animation: false,
        lineStyle: { color: colors.bad, type: [4, 4], width: 1.3 },
        data: lines,
      },
    };
    return [...(lines.length ? [shown] : []), ...(this.spec.comparison ? this.diagonals(colors) : [])];
  }

  diagonals(colors) {
    const { min, max } = this.spec.x;
    const widths = { 1: 1.6, 0.9: 1, 1.1: 1, 0.75: 0.7, 1.25: 0.7 };
    return Object.entries(widths).map(([factor, width]) => ({
      type: 'line',
      silent: true,
      symbol: 'none',
      clip: true,
      tooltip: { show: false },
      lineStyle: { color: colors.muted, width, type: 'solid' },
      data: [min, max].map((value) => [this.x.map(value), this.y.map(value * factor)]),
    }));
  }

  describe(params) {
    const shown = params.filter((one) => one.seriesId?.startsWith('s'));
    if (shown.length === 0) return '';
    const at = (one) => {
      const series = this.series[Number(one.seriesId.slice(1))];
      return { series, i: one.value[2] };
    };
    const first = at(shown[0]);
    const heading =
      first.series.labels?.[first.i] ??
      `${this.spec.x.name} ${withUnit(first.series.x[first.i], this.spec.x.unit)}`;
    const rows = shown.map((one) => {
      const { series, i } = at(one);
      const interval = series.low ? ` [${figure(series.low[i])}, ${figure(series.high[i])}]` : '';
      return [series.name, withUnit(series.y[i], this.spec.y.unit) + interval, one.color];
    });
    if (first.series.labels || shown[0].seriesType === 'scatter') {
      rows.splice(0, rows.length,
        [this.spec.x.name, withUnit(first.series.x[first.i], this.spec.x.unit)],
        [this.spec.y.name, withUnit(first.series.y[first.i], this.spec.y.unit)]);
      return tooltipHtml(first.series.labels?.[first.i] ?? first.series.name, rows);
    }
    return tooltipHtml(heading, rows);
  }

  start() {
    if (!this.spec.table) return;
    const { chart } = this.card;
    chart.on('click', ({ seriesId, value }) => {
      const row = this.series[Number(seriesId?.slice(1))]?.rows?.[value[2]];
      if (row >= 0) selectRow(this.spec.table, row, true);
    });
    document.getElementById(this.spec.table)?.addEventListener('click', (event) => {
      const row = Number(event.target.closest('tbody tr')?.dataset.row ?? -1);
      if (row >= 0) this.select(row);
    });
  }

  /** Shows which points are those of a row of the table. */
  select(row) {
    selectRow(this.spec.table, row, false);
    this.series.forEach((series, index) => {
      const dataIndex = series.rows ? series.rows.indexOf(row) : -1;
      this.card.chart.dispatchAction({ type: 'downplay', seriesId: `s${index}` });
      if (dataIndex >= 0) this.card.chart.dispatchAction({ type: 'highlight', seriesId: `s${index}`, dataIndex });
    });
  }

  table() {
    const most = Math.max(...this.series.map((series) => series.x.length));
    const shown = everyKth(most, 500);
    const columns = this.series.map((series, i) => [i, series]).filter(([, series]) => series.x.length > 0);
    const headings = columns.flatMap(([, series]) => [`${series.name}: ${this.x.name}`, this.y.name]);
    const rows = shown.map((i) => columns.flatMap(([, series]) => [series.x[i] ?? '', series.y[i] ?? '']));
    return numbersTable(headings, rows, most > shown.length ? `every ${shown[1]}th of ${most} points` : '');
  }
}

/** Bars from a low to a high end, one below the other. */
class BarsChart {
  constructor(spec, columns) {
    this.spec = spec;
    this.x = new Axis(spec.x);
    this.low = columns.get(spec.low);
    this.high = columns.get(spec.high);
    this.height = 70 + 30 * spec.names.length;
  }

  option(colors) {
    const { spec } = this;
    return {
      grid: { left: 190, right: 24, top: 8, bottom: 46, outerBoundsMode: 'none' },
      xAxis: this.x.option(colors, { nameGap: 28 }),
      yAxis: {
        type: 'category',
        inverse: true,
        data: spec.names,
        axisLine: { lineStyle: { color: colors.line } },
        axisTick: { show: false },
        axisLabel: { color: colors.text, fontSize: 12, width: 172, overflow: 'truncate' },
      },
      tooltip: tooltip(colors, {
        trigger: 'item',
        formatter: ({ dataIndex: i }) =>
          tooltipHtml(spec.labels[i] || spec.names[i], [
            ['from', withUnit(this.low[i], spec.x.unit)],
            ['to', withUnit(this.high[i], spec.x.unit)],
          ]),
      }),
      series: [
        {
          type: 'custom',
          data: spec.names.map((_, i) => [this.x.map(this.low[i]), i, this.x.map(this.high[i])]),
          encode: { x: [0, 2], y: 1 },
          renderItem: (_, api) => {
            const [from, y] = api.coord([api.value(0), api.value(1)]);
            const [to] = api.coord([api.value(2), api.value(1)]);
            const [base] = api.coord([this.x.map(spec.base), api.value(1)]);
            const height = Math.min(18, api.size([0, 1])[1] * 0.6);
            const part = (left, right, fill) => ({
              type: 'rect',
              shape: { x: Math.min(left, right), y: y - height / 2, width: Math.abs(right - left), height },
              style: { fill },
            });
            const middle = Math.min(Math.max(base, Math.min(from, to)), Math.max(from, to));
            return {
              type: 'group',
              children: [part(from, middle, colors.series[1]), part(middle, to, colors.series[0])],
            };
          },
        },
      ],
    };
  }

  table() {
    return numbersTable(
      ['', `from (${this.spec.x.unit})`, `to (${this.spec.x.unit})`],
      this.spec.names.map((name, i) => [name, this.low[i], this.high[i]]),
    );
  }
}
