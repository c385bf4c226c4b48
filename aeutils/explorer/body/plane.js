// The map's plane: which two directions of the code it shows, and the frame of it that is on the screen.

// A plane through `origin` along two orthonormal directions in code space. A code of one unit has no second one.
export class Plane {
  constructor(first, second, origin, names) {
    Object.assign(this, { first, second, origin, names });
  }

  // [u, v] of a code.
  coordinates(z) {
    let u = 0;
    let v = 0;
    for (let j = 0; j < z.length; j++) {
      u += (z[j] - this.origin[j]) * this.first[j];
      if (this.second) v += (z[j] - this.origin[j]) * this.second[j];
    }
    return [u, v];
  }

  // The code at (u, v) that agrees with z in every other direction.
  moved(z, u, v) {
    const [oldU, oldV] = this.coordinates(z);
    return Float32Array.from(z, (value, j) => value + (u - oldU) * this.first[j] + (this.second ? (v - oldV) * this.second[j] : 0));
  }

  // u and v of every code, as two arrays. With one unit, v only spreads the images so that they can be told apart.
  project(codes, size) {
    const n = codes.length / size;
    const us = new Float32Array(n);
    const vs = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      const [u, v] = this.coordinates(codes.subarray(i * size, (i + 1) * size));
      us[i] = u;
      vs[i] = this.second ? v : ((i * 0.618034) % 1) * 2 - 1;
    }
    return { us, vs };
  }
}

export function unitPlane(size, i, j) {
  const unit = (index) => Float32Array.from({ length: size }, (_, at) => (at === index ? 1 : 0));
  const second = size > 1 ? unit(j) : null;
  return new Plane(unit(i), second, new Float32Array(size), [`code unit ${i + 1}`, second ? `code unit ${j + 1}` : ""]);
}

export function principalPlane(size, components, mean) {
  const axis = (index) => components.subarray(index * size, (index + 1) * size);
  return new Plane(axis(0), axis(1), mean, ["principal axis 1", "principal axis 2"]);
}

// The part of the plane on the screen: `low` and `high` corners in plane units, `size` in CSS pixels, v upwards.
export class Frame {
  constructor(size) {
    this.size = size;
    this.low = [-1, -1];
    this.high = [1, 1];
  }

  // Shows almost all of the points; a few far away must not make the rest tiny.
  fit(us, vs) {
    const [a, b] = [spread(us), spread(vs)];
    let [du, dv] = [a[1] - a[0], b[1] - b[0]];
    if (Math.max(du, dv) < 3 * Math.min(du, dv)) du = dv = Math.max(du, dv); // one scale for both where that costs little
    const middle = [(a[0] + a[1]) / 2, (b[0] + b[1]) / 2];
    this.low = [middle[0] - du / 2, middle[1] - dv / 2];
    this.high = [middle[0] + du / 2, middle[1] + dv / 2];
  }

  toScreen(u, v) {
    return [
      ((u - this.low[0]) / (this.high[0] - this.low[0])) * this.size,
      (1 - (v - this.low[1]) / (this.high[1] - this.low[1])) * this.size,
    ];
  }

  toPlane(x, y) {
    return [
      this.low[0] + (x / this.size) * (this.high[0] - this.low[0]),
      this.low[1] + (1 - y / this.size) * (this.high[1] - this.low[1]),
    ];
  }

  zoom(factor, [u, v]) {
    this.low = [u - (u - this.low[0]) / factor, v - (v - this.low[1]) / factor];
    this.high = [u + (this.high[0] - u) / factor, v + (this.high[1] - v) / factor];
  }

  pan(du, dv) {
    this.low = [this.low[0] + du, this.low[1] + dv];
    this.high = [this.high[0] + du, this.high[1] + dv];
  }

  // Moves the frame just so far that (u, v) is inside; returns whether it moved.
  include(u, v) {
    const shift = [u, v].map((at, axis) => Math.min(0, at - this.low[axis]) + Math.max(0, at - this.high[axis]));
    if (shift[0] === 0 && shift[1] === 0) return false;
    this.pan(...shift);
    return true;
  }

  copy() {
    return Object.assign(new Frame(this.size), { low: [...this.low], high: [...this.high] });
  }
}

// From the 0.5th to the 99.5th percentile with a margin; never empty, so one image has a map, too.
export function spread(values) {
  const sorted = Float32Array.from(values).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const [low, high] = [at(0.005), at(0.995)];
  const margin = high - low > 1e-6 ? 0.09 * (high - low) : 1;
  return [low - margin, high + margin];
}
