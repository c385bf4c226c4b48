// Networks in plain JavaScript against PyTorch: tests/explorer/test_compile.py writes the numbers and runs this.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { buildNetwork } from "../../aeutils/explorer/body/network.js";
import { bytesAt, fromHalf, indicesAt, numbersAt, unpack } from "../../aeutils/explorer/body/payload.js";

const file = process.env.EXPLORER_FIXTURE;
const cases = file ? JSON.parse(readFileSync(file)) : [];

for (const { name, operations, numbers, indices, input, expected } of cases) {
  test(`${name} agrees with PyTorch`, () => {
    const given = Float32Array.from(input);
    const { run, outputs } = buildNetwork(operations, Float32Array.from(numbers), Int32Array.from(indices));
    assert.equal(outputs, expected.length);
    for (const time of ["once", "twice"]) {
      run(given).forEach((value, i) => {
        const most = 1e-5 + 1e-5 * Math.abs(expected[i]);
        assert.ok(Math.abs(value - expected[i]) < most, `${time}, number ${i}: ${value}, not ${expected[i]}`);
      });
    }
    assert.deepEqual([...given], [...Float32Array.from(input)], "the input is left as it was");
  });
}

const input = { op: "input", of: [], shape: [1, 2] };
const constant = (at, ...shape) => ({ op: "constant", of: [], shape, at });
const linear = (...of) => ({ op: "linear", of, shape: [1, 2] });
const none = new Int32Array();

test("damaged data are noticed before anything runs", () => {
  const numbers = new Float32Array(6);
  const build = (...operations) => () => buildNetwork(operations, numbers, none);
  assert.throws(() => buildNetwork(null, numbers, none), /description is missing/);
  assert.throws(build(input, constant(4, 2, 2), linear(0, 1)), /operation 2 \(constant\).*needs 4 numbers from place 4/);
  assert.throws(build(input, constant(0, 2, 3), linear(0, 1)), /operation 3 \(linear\).*takes 3 numbers and is given 2/);
  assert.throws(build(input, linear(0, 1)), /works on what is not there/);
  assert.throws(build(input, { op: "attention", of: [0], shape: [1, 2] }), /attention.*unknown here/);
  assert.throws(build(input, { op: "unary", of: [0], shape: [1, 2], f: "eval", p: [] }), /eval is unknown here/);
  assert.throws(build(input, { op: "gather", of: [0], shape: [1, 2], start: 1, loops: [[2, 1]] }), /gather/);
  assert.throws(build(input, { op: "same", of: [0], shape: [3] }), /takes 3 numbers and is given 2/);
  assert.throws(() => buildNetwork([input], Float32Array.of(NaN), none), /not finite/);
  assert.throws(() => buildNetwork([input], numbers, none).run([1]), /takes 2 numbers and was given 1/);
});

test("what depends on constants alone is computed once", () => {
  const sum = { op: "binary", of: [0, 1], shape: [2], f: "add" };
  const times = { op: "binary", of: [2, 3], shape: [1, 2], f: "mul" };
  const { run } = buildNetwork([constant(0, 2), constant(2, 2), sum, input, times], Float32Array.of(1, 2, 10, 20), none);
  assert.deepEqual([...run([2, 3])], [22, 66]);
  const first = run([1, 1]);
  run([5, 5]);
  assert.deepEqual([...first], [11, 22], "what was returned is the caller's own");
});

test("half precision is read exactly", () => {
  const numbers = [[0x0000, 0], [0x3c00, 1], [0xc000, -2], [0x7bff, 65504], [0x0001, 2 ** -24], [0x03ff, 1023 * 2 ** -24], [0x3555, 0.333251953125]];
  for (const [bits, value] of numbers) assert.equal(fromHalf(bits), value);
  assert.equal(fromHalf(0xfc00), -Infinity);
  assert.ok(Number.isNaN(fromHalf(0x7e00)));
});

test("arrays are found in what is unpacked, and a short one is noticed", async () => {
  const packed = new Blob([new Float32Array([1, 2, 3])]).stream().pipeThrough(new CompressionStream("deflate"));
  const buffer = await unpack(new Uint8Array(await new Response(packed).arrayBuffer()));
  assert.deepEqual([...numbersAt(buffer, { dtype: "float32", start: 4, length: 2 })], [2, 3]);
  assert.deepEqual([...bytesAt(buffer, { dtype: "uint8", start: 6, length: 2 })], [0, 64]);
  assert.deepEqual([...indicesAt(buffer, { dtype: "int32", start: 0, length: 1 })], [0x3f800000]);
  assert.throws(() => numbersAt(buffer, { dtype: "float32", start: 4, length: 3 }), /ends at byte 16, and there are 12/);
  assert.throws(() => numbersAt(buffer, { dtype: "int64", start: 0, length: 1 }), /unknown kind/);
  assert.throws(() => numbersAt(buffer, { dtype: "uint8", start: 0, length: 1 }), /unknown kind/);
  assert.throws(() => bytesAt(buffer, undefined), /unknown kind/);
  await assert.rejects(unpack(new Uint8Array([1, 2, 3])));
});
