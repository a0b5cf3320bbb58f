import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const script = readFileSync('echarts.min.js');
writeFileSync('echarts.min.js.gz', gzipSync(script, { level: 9 }));
rmSync('echarts.min.js');
