// @ts-check
// What networks are made of, one function for each operation: given the buffers that it reads, the one that it writes
// and its settings, each returns what computes it. aeutils/explorer/graph.py has the same list in PyTorch.

/**
 * The settings of every operation; `of` are the places of those that it works on, and `at` is where its numbers (of a
 * constant) or indices (of a gather) begin.
 * @typedef {{ of: number[], shape: number[] }} Any
 * @typedef {Any & { op: "input" | "same" | "where" | "linear" | "matmul" | "resample" }} Plain
 * @typedef {Any & { op: "constant", at: number }} Constant
 * @typedef {Any & { op: "gather", fill: number, at: number }} GatherListed
 * @typedef {Any & { op: "gather", start: number, loops: number[][] }} GatherLooped loops: outermost first, [count, stride]
 * @typedef {Any & { op: "cat", outer: number }} Cat
 * @typedef {Any & { op: "unary", f: string, p: number[] }} Unary
 * @typedef {Any & { op: "binary", f: string }} Binary
 * @typedef {object} Convolution
 * @property {"convolution" | "convolution_transposed"} op
 * @property {number[]} of input, weights and, if there is one, bias
 * @property {number[]} shape
 * @property {number[]} stride along height and width, as in the two that follow
 * @property {number[]} padding
 * @property {number[]} dilation
 * @property {number} groups
 * @typedef {Any & { op: "max_pool", kernel: number[], stride: number[], padding: number[], dilation: number[] }} MaxPool
 * @typedef {Any & { op: "normalize", length: number, eps: number }} Normalize
 * @typedef {Any & { op: "softmax" | "log_softmax", length: number }} Softmax of rows of so many numbers
 * @typedef {Any & { op: "reduce", f: string, length: number }} Reduce
 * @typedef {Plain | Constant | GatherListed | GatherLooped | Cat | Unary | Binary | Convolution | MaxPool | Normalize | Softmax | Reduce} Operator
 */

/**
 * What an operation reads: the numbers, which are there when it runs, and their shape.
 * @typedef {{ values: Float32Array, shape: number[] }} Input
 * @typedef {() => void} Run
 */

/** @type {Record<string, (...p: number[]) => (x: number) => number>} */
const UNARY = {
  abs: () => Math.abs,
  ceil: () => Math.ceil,
  clamp: (low, high) => (x) => (x < low ? low : x > high ? high : x),
  cos: () => Math.cos,
  elu: (above, below, inner) => (x) => (x > 0 ? x * above : below * Math.expm1(x * inner)),
  erf: () => erf,
  exp: () => Math.exp,
  expm1: () => Math.expm1,
  floor: () => Math.floor,
  gelu: () => (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: () => (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  leaky_relu: (slope) => (x) => (x > 0 ? x : slope * x),
  log: () => Math.log,
  log1p: () => Math.log1p,
  logical_not: () => (x) => (x === 0 ? 1 : 0),
  neg: () => (x) => -x,
  reciprocal: () => (x) => 1 / x,
  relu: () => (x) => (x > 0 ? x : 0),
  round: () => toEven,
  rsqrt: () => (x) => 1 / Math.sqrt(x),
  sigmoid: () => (x) => 1 / (1 + Math.exp(-x)),
  sign: () => Math.sign,
  sin: () => Math.sin,
  sqrt: () => Math.sqrt,
  tanh: () => Math.tanh,
};

/** @type {Record<string, (a: number, b: number) => number>} */
const BINARY = {
  add: (a, b) => a + b,
  div: (a, b) => a / b,
  eq: (a, b) => Number(a === b),
  ge: (a, b) => Number(a >= b),
  gt: (a, b) => Number(a > b),
  le: (a, b) => Number(a <= b),
  logical_and: (a, b) => Number(a !== 0 && b !== 0),
  logical_or: (a, b) => Number(a !== 0 || b !== 0),
  lt: (a, b) => Number(a < b),
  maximum: Math.max,
  minimum: Math.min,
  mul: (a, b) => a * b,
  ne: (a, b) => Number(a !== b),
  pow: Math.pow,
  sub: (a, b) => a - b,
};

/** @type {Record<string, { start: number, join: (a: number, b: number) => number, mean?: boolean }>} */
const REDUCE = {
  amax: { start: -Infinity, join: Math.max },
  amin: { start: Infinity, join: Math.min },
  mean: { start: 0, join: BINARY.add, mean: true },
  sum: { start: 0, join: BINARY.add },
};

/**
 * Abramowitz and Stegun 7.1.26: the error is below 1.5e-7, the accuracy of a Float32Array.
 * @param {number} x
 */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}

/**
 * PyTorch rounds a half to the even number.
 * @param {number} x
 */
function toEven(x) {
  const nearest = Math.round(x);
  return Math.abs(x % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/**
 * @param {Unary} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function unary({ f, p }, out, [{ values }]) {
  const make = UNARY[f];
  if (!make) throw new Error(`the function ${f} is unknown here`);
  if (f === "relu") { // by far the most frequent: without a call for each number
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = values[i] > 0 ? values[i] : 0;
    };
  }
  const function_ = make(...p);
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = function_(values[i]);
  };
}

/**
 * Of numbers in pairs; where one side is a single number, it meets all of the other.
 * @param {Binary} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function binary({ f }, out, [{ values: a }, { values: b }]) {
  const function_ = BINARY[f];
  if (!function_) throw new Error(`the function ${f} is unknown here`);
  const [stepA, stepB] = [step(a, out), step(b, out)];
  if (f === "add" && stepA && stepB) {
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
    };
  }
  if (f === "mul" && stepA && stepB) {
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = a[i] * b[i];
    };
  }
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = function_(a[i * stepA], b[i * stepB]);
  };
}

/**
 * @param {Float32Array} values
 * @param {Float32Array} out
 */
function step(values, out) {
  if (values.length !== out.length && values.length !== 1) throw misfit(out.length, values.length);
  return values.length === out.length ? 1 : 0;
}

/**
 * @param {Plain} _
 * @param {Float32Array} out
 * @param {Input[]} inputs condition, and what is taken where it holds and where it does not
 * @returns {Run}
 */
export function where(_, out, [{ values: condition }, { values: a }, { values: b }]) {
  const [stepC, stepA, stepB] = [step(condition, out), step(a, out), step(b, out)];
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = condition[i * stepC] !== 0 ? a[i * stepA] : b[i * stepB];
  };
}

/**
 * Puts numbers in other places: permutes, cuts out, repeats, pads.
 * @param {GatherListed | GatherLooped} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @param {Int32Array} indices
 * @returns {Run}
 */
export function gather(operation, out, [{ values }], indices) {
  const places = "loops" in operation ? walk(operation) : take(indices, operation.at, out.length);
  const fill = "fill" in operation ? operation.fill : 0;
  if (places.length !== out.length || places.some((place) => place >= values.length)) throw misfit(out.length, places.length);
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = places[i] < 0 ? fill : values[places[i]];
  };
}

/**
 * The places that a nest of loops visits.
 * @param {GatherLooped} operation
 */
function walk({ start, loops }) {
  return loops.reduce((places, [count, stride]) => {
    const next = new Int32Array(places.length * count);
    places.forEach((place, i) => {
      for (let k = 0; k < count; k++) next[i * count + k] = place + k * stride;
    });
    return next;
  }, Int32Array.of(start));
}

/**
 * @param {Cat} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function cat({ outer }, out, inputs) {
  const lengths = inputs.map(({ values }) => values.length / outer);
  const total = lengths.reduce((sum, length) => sum + length, 0) * outer;
  if (total !== out.length) throw misfit(out.length, total);
  return () => {
    for (let block = 0, to = 0; block < outer; block++) {
      inputs.forEach(({ values }, i) => {
        out.set(values.subarray(block * lengths[i], (block + 1) * lengths[i]), to);
        to += lengths[i];
      });
    }
  };
}

/**
 * @param {Plain} _
 * @param {Float32Array} out
 * @param {Input[]} inputs numbers, the weights' rows and, if there is one, bias
 * @returns {Run}
 */
export function linear(_, out, [{ values }, { values: matrix, shape: [outputs, inputs] }, bias]) {
  const times = values.length / inputs;
  if (times * outputs !== out.length) throw misfit(inputs, values.length);
  const starts = bias?.values ?? new Float32Array(outputs);
  return () => {
    for (let t = 0, to = 0; t < times; t++) {
      const from = t * inputs;
      for (let row = 0, at = 0; row < outputs; row++, to++) {
        let sum = starts[row]; // four, of which none waits for another
        let second = 0;
        let third = 0;
        let fourth = 0;
        let i = from;
        for (const end = from + inputs - 3; i < end; i += 4, at += 4) {
          sum += matrix[at] * values[i];
          second += matrix[at + 1] * values[i + 1];
          third += matrix[at + 2] * values[i + 2];
          fourth += matrix[at + 3] * values[i + 3];
        }
        for (; i < from + inputs; i++) sum += matrix[at++] * values[i];
        out[to] = sum + second + (third + fourth);
      }
    }
  };
}

/**
 * Products of matrices, [.., m, k] × [.., k, n].
 * @param {Plain} _
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function matmul(_, out, [{ values: a, shape: first }, { values: b, shape: second }]) {
  const [m, k] = first.slice(-2);
  const n = second[second.length - 1];
  const times = out.length / (m * n);
  if (times * m * k !== a.length || times * k * n !== b.length) throw misfit(times * k * n, b.length);
  return () => {
    for (let t = 0; t < times; t++) {
      for (let row = 0; row < m; row++) {
        const to = (t * m + row) * n;
        out.fill(0, to, to + n);
        for (let i = 0; i < k; i++) {
          const value = a[(t * m + row) * k + i];
          const from = (t * k + i) * n;
          for (let column = 0; column < n; column++) out[to + column] += value * b[from + column];
        }
      }
    }
  };
}

/**
 * Both convolutions keep the numbers of all output channels of a place together while they add up, because the
 * innermost loop is then long and without a test; at the end the channels are put one behind the other.
 * @param {Convolution} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function convolution({ stride, padding, dilation, groups, shape }, out, [input, weight, bias]) {
  const [, inputs, height, width] = input.shape;
  const [outputs, perGroup, kernelHeight, kernelWidth] = weight.shape;
  const [, , outHeight, outWidth] = shape;
  if (perGroup * groups !== inputs) throw misfit(perGroup * groups, inputs);
  const { values } = input;
  const taps = kernelHeight * kernelWidth;
  const each = outputs / groups;
  const kernels = byGroup(weight.values, groups, each, perGroup * taps); // of each group [in, y, x, out]
  const sums = new Float32Array(out.length); // [y, x, out]
  return () => {
    start(sums, outputs, bias);
    for (let row = 0, to = 0; row < outHeight; row++) {
      for (let column = 0; column < outWidth; column++, to += outputs) {
        for (let ky = 0; ky < kernelHeight; ky++) {
          const y = row * stride[0] + ky * dilation[0] - padding[0];
          if (y < 0 || y >= height) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const x = column * stride[1] + kx * dilation[1] - padding[1];
            if (x < 0 || x >= width) continue;
            const tap = ky * kernelWidth + kx;
            for (let channel = 0; channel < inputs; channel++) {
              const value = values[(channel * height + y) * width + x];
              if (value === 0) continue; // after a ReLU that is about every second number
              const at = to + ((channel / perGroup) | 0) * each;
              const from = (channel * taps + tap) * each;
              for (let o = 0; o < each; o++) sums[at + o] += value * kernels[from + o];
            }
          }
        }
      }
    }
    transpose(sums, outHeight * outWidth, outputs, out);
  };
}

/**
 * The same walk the other way: every input pixel is spread over the output.
 * @type {typeof convolution}
 */
export function convolution_transposed({ stride, padding, dilation, groups, shape }, out, [input, weight, bias]) {
  const [, inputs, height, width] = input.shape;
  const [given, each, kernelHeight, kernelWidth] = weight.shape;
  const [, outputs, outHeight, outWidth] = shape;
  if (given !== inputs || each * groups !== outputs) throw misfit(given, inputs);
  const { values } = input;
  const taps = kernelHeight * kernelWidth;
  const perGroup = inputs / groups;
  const kernels = byGroup(weight.values, inputs, each, taps); // of each input channel [y, x, out]
  const sums = new Float32Array(out.length); // [y, x, out]
  return () => {
    start(sums, outputs, bias);
    for (let channel = 0, at = 0; channel < inputs; channel++) {
      const group = ((channel / perGroup) | 0) * each;
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++, at++) {
          const value = values[at];
          if (value === 0) continue;
          for (let ky = 0; ky < kernelHeight; ky++) {
            const y = row * stride[0] + ky * dilation[0] - padding[0];
            if (y < 0 || y >= outHeight) continue;
            for (let kx = 0; kx < kernelWidth; kx++) {
              const x = column * stride[1] + kx * dilation[1] - padding[1];
              if (x < 0 || x >= outWidth) continue;
              const to = (y * outWidth + x) * outputs + group;
              const from = (channel * taps + ky * kernelWidth + kx) * each;
              for (let o = 0; o < each; o++) sums[to + o] += value * kernels[from + o];
            }
          }
        }
      }
    }
    transpose(sums, outHeight * outWidth, outputs, out);
  };
}

/**
 * Each of the groups from rows × columns to columns × rows.
 * @param {Float32Array} values
 * @param {number} groups
 * @param {number} rows
 * @param {number} columns
 */
function byGroup(values, groups, rows, columns) {
  const result = new Float32Array(values.length);
  const length = rows * columns;
  for (let group = 0; group < groups; group++) {
    transpose(values.subarray(group * length, (group + 1) * length), rows, columns, result.subarray(group * length));
  }
  return result;
}

/**
 * rows × columns to columns × rows.
 * @param {Float32Array} values
 * @param {number} rows
 * @param {number} columns
 * @param {Float32Array} out
 */
function transpose(values, rows, columns, out) {
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) out[column * rows + row] = values[at];
  }
}

/**
 * The bias, if there is one, at every place.
 * @param {Float32Array} sums
 * @param {number} outputs
 * @param {Input | undefined} bias
 */
function start(sums, outputs, bias) {
  sums.fill(0);
  if (bias) for (let i = 0; i < sums.length; i += outputs) sums.set(bias.values, i);
}

/**
 * @param {MaxPool} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function max_pool({ kernel, stride, padding, dilation, shape }, out, [{ values, shape: given }]) {
  const [height, width] = given.slice(-2);
  const [outHeight, outWidth] = shape.slice(-2);
  const channels = values.length / (height * width);
  return () => {
    for (let channel = 0, to = 0; channel < channels; channel++) {
      for (let row = 0; row < outHeight; row++) {
        for (let column = 0; column < outWidth; column++, to++) {
          let largest = -Infinity;
          for (let ky = 0; ky < kernel[0]; ky++) {
            const y = row * stride[0] + ky * dilation[0] - padding[0];
            if (y < 0 || y >= height) continue;
            for (let kx = 0; kx < kernel[1]; kx++) {
              const x = column * stride[1] + kx * dilation[1] - padding[1];
              if (x >= 0 && x < width) largest = Math.max(largest, values[(channel * height + y) * width + x]);
            }
          }
          out[to] = largest;
        }
      }
    }
  };
}

/**
 * Enlarges or averages: one matrix along the rows of each channel, one along its columns. They are mostly zeros.
 * @param {Plain} _
 * @param {Float32Array} out
 * @param {Input[]} inputs the channels, and the matrices [H', H] and [W', W]
 * @returns {Run}
 */
export function resample(_, out, [{ values }, { values: rows, shape: [outHeight, height] }, { values: columns, shape: [outWidth, width] }]) {
  const channels = values.length / (height * width);
  if (channels * outHeight * outWidth !== out.length) throw misfit(out.length, values.length);
  const [vertical, horizontal] = [nonZero(rows, outHeight, height), nonZero(columns, outWidth, width)];
  const between = new Float32Array(height * outWidth);
  return () => {
    for (let channel = 0; channel < channels; channel++) {
      const from = channel * height * width;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < outWidth; x++) {
          let sum = 0;
          for (const [place, weight] of horizontal[x]) sum += weight * values[from + y * width + place];
          between[y * outWidth + x] = sum;
        }
      }
      const to = channel * outHeight * outWidth;
      for (let y = 0; y < outHeight; y++) {
        for (let x = 0; x < outWidth; x++) {
          let sum = 0;
          for (const [place, weight] of vertical[y]) sum += weight * between[place * outWidth + x];
          out[to + y * outWidth + x] = sum;
        }
      }
    }
  };
}

/**
 * Of each row of a matrix, what is not zero, as [place, weight].
 * @param {Float32Array} matrix
 * @param {number} rows
 * @param {number} columns
 */
function nonZero(matrix, rows, columns) {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, place) => [place, matrix[row * columns + place]]).filter(([, weight]) => weight !== 0),
  );
}

/**
 * Rows of `length` numbers to mean 0 and variance 1.
 * @param {Normalize} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function normalize({ length, eps }, out, [{ values }]) {
  return () => {
    for (let from = 0; from < out.length; from += length) {
      let [mean, square] = [0, 0];
      for (let i = from; i < from + length; i++) mean += values[i] / length;
      for (let i = from; i < from + length; i++) square += (values[i] - mean) ** 2 / length;
      const scale = 1 / Math.sqrt(square + eps);
      for (let i = from; i < from + length; i++) out[i] = (values[i] - mean) * scale;
    }
  };
}

/**
 * @param {Softmax} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function softmax({ op, length }, out, [{ values }]) {
  return () => {
    for (let from = 0; from < out.length; from += length) {
      let [largest, sum] = [-Infinity, 0];
      for (let i = from; i < from + length; i++) largest = Math.max(largest, values[i]);
      for (let i = from; i < from + length; i++) sum += Math.exp(values[i] - largest);
      const shift = largest + Math.log(sum);
      for (let i = from; i < from + length; i++) out[i] = op === "softmax" ? Math.exp(values[i] - shift) : values[i] - shift;
    }
  };
}

/**
 * One number of every row of `length` numbers.
 * @param {Reduce} operation
 * @param {Float32Array} out
 * @param {Input[]} inputs
 * @returns {Run}
 */
export function reduce({ f, length }, out, [{ values }]) {
  const how = REDUCE[f];
  if (!how) throw new Error(`the function ${f} is unknown here`);
  if (out.length * length !== values.length) throw misfit(out.length * length, values.length);
  return () => {
    for (let row = 0, at = 0; row < out.length; row++) {
      let found = how.start;
      for (let i = 0; i < length; i++) found = how.join(found, values[at++]);
      out[row] = how.mean ? found / length : found;
    }
  };
}

/**
 * @template {Float32Array | Int32Array} T
 * @param {T} numbers
 * @param {number} start
 * @param {number} length
 * @returns {T}
 */
export function take(numbers, start, length) {
  if (!(start >= 0) || start + length > numbers.length) {
    throw new Error(`it needs ${length} numbers from place ${start}, and there are ${numbers.length} in all`);
  }
  return /** @type {T} */ (numbers.subarray(start, start + length));
}

/**
 * @param {number} wanted
 * @param {number} given
 */
const misfit = (wanted, given) => new Error(`it takes ${wanted} numbers and is given ${given}`);
