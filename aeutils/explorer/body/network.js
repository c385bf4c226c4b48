// @ts-check
// Evaluates a trained network: a list of operations and their constants, as aeutils/explorer/graph.py describes them.
// Images and feature maps are flat Float32Arrays in the order channel, row, column.

import {
  binary, cat, convolution, convolution_transposed, gather, linear, matmul, max_pool, normalize, reduce, resample, softmax,
  take, unary, where,
} from "./operators.js";

/** @import { Input, Operator, Run } from "./operators.js" */

/** @type {Record<string, (operation: any, out: Float32Array, inputs: Input[], indices: Int32Array) => Run>} */
const OPERATIONS = {
  binary, cat, convolution, convolution_transposed, gather, linear, log_softmax: softmax, matmul, max_pool, normalize, reduce,
  resample, softmax, unary, where,
};

/**
 * A ready network: `run(input)` returns a new Float32Array. Everything that could go wrong with damaged data is noticed
 * here, not while running. What depends on constants alone is computed here, once.
 * @param {Operator[]} operations each works on some before it; the last one is the output
 * @param {Float32Array} numbers
 * @param {Int32Array} indices
 */
export function buildNetwork(operations, numbers, indices) {
  if (!Array.isArray(operations) || !operations.length) throw new Error("the network's description is missing");
  if (numbers.some((value) => !Number.isFinite(value))) throw new Error("the weights hold numbers that are not finite");
  /** @type {(Input & { fixed: boolean })[]} */
  const nodes = [];
  /** @type {Run[]} */
  const steps = [];
  /** @type {Float32Array | null} */
  let given = null;
  operations.forEach((operation, place) => {
    const inputs = (operation.of ?? []).map((of) => nodes[of]);
    const length = count(operation.shape);
    try {
      if (inputs.some((input) => !input)) throw new Error("it works on what is not there");
      if (operation.op === "input") {
        given = new Float32Array(length);
        nodes.push({ values: given, shape: operation.shape, fixed: false });
        return;
      }
      if (operation.op === "constant") {
        nodes.push({ values: take(numbers, operation.at, length), shape: operation.shape, fixed: true });
        return;
      }
      if (operation.op === "same") {
        if (inputs[0].values.length !== length) throw new Error(`it takes ${length} numbers and is given ${inputs[0].values.length}`);
        nodes.push({ ...inputs[0], shape: operation.shape });
        return;
      }
      const make = OPERATIONS[operation.op];
      if (!make) throw new Error("it is unknown here");
      const values = new Float32Array(length);
      const run = make(operation, values, inputs, indices);
      const fixed = inputs.every((input) => input.fixed);
      if (fixed) run();
      else steps.push(run);
      nodes.push({ values, shape: operation.shape, fixed });
    } catch (error) {
      throw new Error(`operation ${place + 1} (${operation.op}): ${error instanceof Error ? error.message : error}`);
    }
  });
  const last = nodes[nodes.length - 1].values;
  /** @param {ArrayLike<number>} input */
  const run = (input) => {
    const wanted = given?.length ?? input.length;
    if (input.length !== wanted) throw new Error(`the network takes ${wanted} numbers and was given ${input.length}`);
    given?.set(input);
    for (const step of steps) step();
    return last.slice();
  };
  return { run, outputs: last.length };
}

/** @param {number[]} shape */
const count = (shape) => shape.reduce((product, size) => product * size, 1);
