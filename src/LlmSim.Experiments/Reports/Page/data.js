'use strict';

/** Bytes of an element that holds compressed ones in base64. */
async function inflate(id) {
  const text = atob(document.getElementById(id).textContent);
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The columns of the page: each is [first byte, count, unit or 0 for floats, 1 for differences]. */
class Columns {
  constructor(bytes) {
    this.bytes = bytes;
    this.known = new Map();
  }

  get([offset, count, unit, areDifferences]) {
    if (!this.known.has(offset)) {
      this.known.set(offset, this.read(offset, count, unit, areDifferences === 1));
    }
    return this.known.get(offset);
  }

  read(offset, count, unit, areDifferences) {
    const bits = new Int32Array(count);
    for (let plane = 0; plane < 4; plane++) {
      const start = offset + plane * count;
      for (let i = 0; i < count; i++) bits[i] |= this.bytes[start + i] << (8 * plane);
    }
    if (unit === 0) return Float64Array.from(new Float32Array(bits.buffer));
    const values = new Float64Array(count);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum = areDifferences ? sum + bits[i] : bits[i];
      values[i] = bits[i] === -2147483648 ? NaN : sum * unit;
    }
    return values;
  }
}

/** The first index at which an ascending list is not below a value. */
function lowerBound(list, value) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Every k-th index, so that at most so many are left. */
function everyKth(count, most) {
  const step = Math.max(1, Math.ceil(count / most));
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
}
