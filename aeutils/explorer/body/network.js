// @ts-check
// Evaluates a trained network: a list of layers and one array of weights, as aeutils/explorer/network.py describes them.
// Images and feature maps are flat Float32Arrays in the order channel, row, column.

/**
 * What Python says about a layer; `weight` and `bias` are places in the array of weights, -1 where there is no bias.
 * @typedef {{ kind: "linear", inputs: number, outputs: number, weight: number, bias: number }} Linear
 * @typedef {object} Convolution
 * @property {"convolution" | "convolution_transposed"} kind
 * @property {number} inputs channels
 * @property {number} outputs channels
 * @property {number[]} kernel height and width, as in the three that follow
 * @property {number[]} stride
 * @property {number[]} padding
 * @property {number[]} output_padding
 * @property {number} weight
 * @property {number} bias
 * @typedef {{ kind: "unflatten", shape: number[] }} Unflatten
 * @typedef {{ kind: "relu" | "sigmoid" | "tanh" | "gelu" | "gelu_tanh" | "flatten" }} Plain
 * @typedef {Linear | Convolution | Unflatten | Plain} Layer
 */

/**
 * A layer made ready for inputs of one shape: the shape that comes out, and what computes it where that is anything.
 * @typedef {{ shape: number[], run?: (values: Float32Array) => Float32Array }} Step
 */

/**
 * A ready network: `run(input)` returns a new Float32Array. Everything that could go wrong with damaged data is noticed
 * here, not while running.
 * @param {Layer[]} layers
 * @param {Float32Array} weights
 * @param {number[]} shape the input's, [channels, height, width] or [n]
 */
export function buildNetwork(layers, weights, shape) {
  if (!Array.isArray(layers)) throw new Error("the network's description is missing");
  if (weights.some((value) => !Number.isFinite(value))) throw new Error("the weights hold numbers that are not finite");
  /** @type {((values: Float32Array) => Float32Array)[]} */
  const steps = [];
  let now = shape;
  layers.forEach((layer, index) => {
    const step = makeStep(layer, weights, now, index + 1);
    if (step.run) steps.push(step.run);
    now = step.shape;
  });
  /** @param {ArrayLike<number>} input */
  const run = (input) => {
    if (input.length !== count(shape)) throw new Error(`the network takes ${count(shape)} numbers and was given ${input.length}`);
    /** @type {Float32Array} */
    let values = Float32Array.from(input); // a copy: the input is left as it was
    for (const step of steps) values = step(values);
    return values;
  };
  return { run, outputs: count(now) };
}

/** @param {number[]} shape */
const count = (shape) => shape.reduce((product, size) => product * size, 1);

/**
 * @param {Layer} layer
 * @param {Float32Array} weights
 * @param {number[]} shape
 * @param {number} index counted from 1, for messages
 * @returns {Step}
 */
function makeStep(layer, weights, shape, index) {
  switch (layer.kind) {
    case "linear":
      return makeLinear(layer, weights, shape, index);
    case "convolution":
      return makeConvolution(layer, weights, shape, index);
    case "convolution_transposed":
      return makeTransposedConvolution(layer, weights, shape, index);
    case "flatten":
      return { shape: [count(shape)] };
    case "unflatten":
      if (count(layer.shape) !== count(shape)) throw misfit(layer, index, count(layer.shape), count(shape));
      return { shape: layer.shape };
    default:
      if (!ELEMENTWISE[layer.kind]) throw new Error(`layer ${index} is of a kind unknown here: ${layer.kind}`);
      return { shape, run: ofEach(ELEMENTWISE[layer.kind]) };
  }
}

const ELEMENTWISE = {
  /** @param {number} x */
  relu: (x) => (x > 0 ? x : 0),
  /** @param {number} x */
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  /** @param {number} x */
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  /** @param {number} x */
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
};

/**
 * A function of each number by itself; it overwrites its input, which is always a copy or another layer's output.
 * @param {(x: number) => number} f
 */
function ofEach(f) {
  /** @param {Float32Array} values */
  return (values) => {
    for (let i = 0; i < values.length; i++) values[i] = f(values[i]);
    return values;
  };
}

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
 * @param {Linear} layer
 * @param {Float32Array} weights
 * @param {number[]} shape
 * @param {number} index
 * @returns {Step}
 */
function makeLinear(layer, weights, shape, index) {
  const { inputs, outputs } = layer;
  if (count(shape) !== inputs) throw misfit(layer, index, inputs, count(shape));
  const matrix = take(weights, layer.weight, inputs * outputs, index);
  const bias = takeBias(weights, layer, index);
  /** @param {Float32Array} values */
  const run = (values) => {
    const result = new Float32Array(outputs);
    for (let row = 0, at = 0; row < outputs; row++) {
      let sum = bias[row];
      for (let i = 0; i < inputs; i++) sum += matrix[at++] * values[i];
      result[row] = sum;
    }
    return result;
  };
  return { shape: [outputs], run };
}

/**
 * Both convolutions keep the numbers of all output channels of a place together while they add up, because the
 * innermost loop is then long and without a test; at the end the channels are put one behind the other.
 * @param {Convolution} layer
 * @param {Float32Array} weights
 * @param {number[]} shape
 * @param {number} index
 * @returns {Step}
 */
function makeConvolution(layer, weights, shape, index) {
  const { inputs, outputs, kernel, stride, padding } = layer;
  const [, height, width] = checkChannels(layer, shape, index);
  const outHeight = Math.floor((height + 2 * padding[0] - kernel[0]) / stride[0]) + 1;
  const outWidth = Math.floor((width + 2 * padding[1] - kernel[1]) / stride[1]) + 1;
  const taps = kernel[0] * kernel[1];
  const given = take(weights, layer.weight, outputs * inputs * taps, index); // [out, in, y, x]
  const kernels = transposed(given, outputs, inputs * taps); // [in, y, x, out]
  const bias = takeBias(weights, layer, index);
  /** @param {Float32Array} values */
  const run = (values) => {
    const sums = repeated(bias, outHeight * outWidth); // [y, x, out]
    for (let row = 0, to = 0; row < outHeight; row++) {
      for (let column = 0; column < outWidth; column++, to += outputs) {
        for (let ky = 0; ky < kernel[0]; ky++) {
          const y = row * stride[0] + ky - padding[0];
          if (y < 0 || y >= height) continue;
          for (let kx = 0; kx < kernel[1]; kx++) {
            const x = column * stride[1] + kx - padding[1];
            if (x < 0 || x >= width) continue;
            for (let channel = 0; channel < inputs; channel++) {
              const value = values[(channel * height + y) * width + x];
              const from = (channel * taps + ky * kernel[1] + kx) * outputs;
              if (value !== 0) for (let out = 0; out < outputs; out++) sums[to + out] += value * kernels[from + out];
            }
          }
        }
      }
    }
    return transposed(sums, outHeight * outWidth, outputs);
  };
  return { shape: [outputs, outHeight, outWidth], run };
}

/**
 * The same walk the other way: every input pixel is spread over the output.
 * @type {typeof makeConvolution}
 */
function makeTransposedConvolution(layer, weights, shape, index) {
  const { inputs, outputs, kernel, stride, padding } = layer;
  const [, height, width] = checkChannels(layer, shape, index);
  const outHeight = (height - 1) * stride[0] - 2 * padding[0] + kernel[0] + layer.output_padding[0];
  const outWidth = (width - 1) * stride[1] - 2 * padding[1] + kernel[1] + layer.output_padding[1];
  const taps = kernel[0] * kernel[1];
  const given = take(weights, layer.weight, inputs * outputs * taps, index); // [in, out, y, x]
  const kernels = new Float32Array(given.length); // [in, y, x, out]
  for (let channel = 0; channel < inputs; channel++) {
    const start = channel * outputs * taps;
    kernels.set(transposed(given.subarray(start, start + outputs * taps), outputs, taps), start);
  }
  const bias = takeBias(weights, layer, index);
  /** @param {Float32Array} values */
  const run = (values) => {
    const sums = repeated(bias, outHeight * outWidth); // [y, x, out]
    for (let channel = 0, at = 0; channel < inputs; channel++) {
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++, at++) {
          const value = values[at];
          if (value === 0) continue; // after a ReLU that is about every second number
          for (let ky = 0; ky < kernel[0]; ky++) {
            const y = row * stride[0] + ky - padding[0];
            if (y < 0 || y >= outHeight) continue;
            for (let kx = 0; kx < kernel[1]; kx++) {
              const x = column * stride[1] + kx - padding[1];
              if (x < 0 || x >= outWidth) continue;
              const to = (y * outWidth + x) * outputs;
              const from = (channel * taps + ky * kernel[1] + kx) * outputs;
              for (let out = 0; out < outputs; out++) sums[to + out] += value * kernels[from + out];
            }
          }
        }
      }
    }
    return transposed(sums, outHeight * outWidth, outputs);
  };
  return { shape: [outputs, outHeight, outWidth], run };
}

/**
 * rows × columns to columns × rows.
 * @param {Float32Array} values
 * @param {number} rows
 * @param {number} columns
 */
function transposed(values, rows, columns) {
  const result = new Float32Array(values.length);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) result[column * rows + row] = values[at];
  }
  return result;
}

/**
 * @param {Float32Array} values
 * @param {number} times
 */
function repeated(values, times) {
  const result = new Float32Array(values.length * times);
  for (let i = 0; i < times; i++) result.set(values, i * values.length);
  return result;
}

/**
 * @param {Convolution} layer
 * @param {number[]} shape
 * @param {number} index
 */
function checkChannels(layer, shape, index) {
  if (shape.length !== 3 || shape[0] !== layer.inputs) throw misfit(layer, index, `${layer.inputs} channels`, shape.join(" × "));
  return shape;
}

/**
 * @param {Float32Array} weights
 * @param {Linear | Convolution} layer
 * @param {number} index
 */
function takeBias(weights, layer, index) {
  return layer.bias < 0 ? new Float32Array(layer.outputs) : take(weights, layer.bias, layer.outputs, index);
}

/**
 * @param {Float32Array} weights
 * @param {number} start
 * @param {number} length
 * @param {number} index
 */
function take(weights, start, length, index) {
  if (!(start >= 0) || start + length > weights.length) {
    throw new Error(`layer ${index} needs ${length} weights from place ${start}, and there are ${weights.length} in all`);
  }
  return weights.subarray(start, start + length);
}

/**
 * @param {Layer} layer
 * @param {number} index
 * @param {number | string} wanted
 * @param {number | string} given
 */
function misfit(layer, index, wanted, given) {
  return new Error(`layer ${index} (${layer.kind}) takes ${wanted} and is given ${given}`);
}
