// The network in plain JavaScript against PyTorch: tests/explorer/test_explorer.py writes the numbers and runs this.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { buildNetwork } from "../../aeutils/explorer/body/network.js";
import { bytesAt, fromHalf, numbersAt, unpack } from "../../aeutils/explorer/body/payload.js";

const file = process.env.EXPLORER_FIXTURE;
const cases = file ? JSON.parse(readFileSync(file)) : [];

for (const { name, layers, weights, shape, input, expected } of cases) {
  test(`${name} agrees with PyTorch`, () => {
    const given = Float32Array.from(input);
    const found = buildNetwork(layers, Float32Array.from(weights), shape).run(given);
    assert.equal(found.length, expected.length);
    found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-4, `number ${i}: ${value}, not ${expected[i]}`));
    assert.deepEqual([...given], [...Float32Array.from(input)], "the input is left as it was");
  });
}

const linear = (inputs, outputs, weight, bias) => ({ kind: "linear", inputs, outputs, weight, bias });

test("damaged data are noticed before anything runs", () => {
  const weights = new Float32Array(6);
  assert.throws(() => buildNetwork(null, weights, [2]), /description is missing/);
  assert.throws(() => buildNetwork([linear(2, 3, 0, 6)], weights, [2]), /layer 1 needs 3 weights from place 6/);
  assert.throws(() => buildNetwork([linear(2, 2, 0, 4)], weights, [3]), /takes 2 and is given 3/);
  assert.throws(() => buildNetwork([{ kind: "attention" }], weights, [2]), /unknown here: attention/);
  assert.throws(() => buildNetwork([linear(2, 2, 0, 4)], Float32Array.of(1, NaN, 1, 1, 1, 1), [2]), /not finite/);
  assert.throws(() => buildNetwork([linear(2, 2, 0, 4)], weights, [2]).run([1]), /was given 1/);
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
  assert.throws(() => numbersAt(buffer, { dtype: "float32", start: 4, length: 3 }), /ends at byte 16, and there are 12/);
  assert.throws(() => numbersAt(buffer, { dtype: "int64", start: 0, length: 1 }), /unknown kind/);
  assert.throws(() => numbersAt(buffer, { dtype: "uint8", start: 0, length: 1 }), /unknown kind/);
  assert.throws(() => bytesAt(buffer, undefined), /unknown kind/);
  await assert.rejects(unpack(new Uint8Array([1, 2, 3])));
});
