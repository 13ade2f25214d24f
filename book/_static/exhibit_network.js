// The shipped network's forward pass (page Try it), as torch does it: maps are channels × height ×
// width in one array of float32. No library, no request: its weights come as a script.
const network = {
  // The tensors of a safetensors file: 8 bytes with the header's length, the header, the numbers.
  tensors(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const begin = 8 + Number(view.getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, begin)));
    const read = {
      F16: (at) => network.half(view.getUint16(at, true)),
      F32: (at) => view.getFloat32(at, true),
    };
    const found = {};
    for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(header)) {
      if (!read[dtype]) continue; // the counter of the batches that a normalisation saw
      const count = shape.reduce((a, b) => a * b, 1);
      const size = (to - from) / count;
      const values = new Float32Array(count);
      for (let i = 0; i < count; i++) values[i] = read[dtype](begin + from + i * size);
      found[name] = values;
    }
    return found;
  },

  // A number of 16 bits (a sign, 5 bits of exponent, 10 of fraction), read into one of 32.
  half(bits) {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  },

  // What a convolution of `side` × `side` windows reads at each output place: one row a place, so
  // that the convolution is a product of two matrices.
  windows({ values, channels, size }, side, stride) {
    const [n, pad] = [Math.ceil(size / stride), side >> 1];
    const rows = new Float32Array(n * n * channels * side * side);
    let at = 0;
    for (let top = -pad; top + pad < n * stride; top += stride)
      for (let left = -pad; left + pad < n * stride; left += stride)
        for (let c = 0; c < channels; c++)
          for (let y = top; y < top + side; y++)
            for (let x = left; x < left + side; x++, at++)
              if (y >= 0 && y < size && x >= 0 && x < size) // beyond the edge stands 0
                rows[at] = values[(c * size + y) * size + x];
    return [rows, n];
  },

  // Convolution without bias → batch normalisation → ReLU.
  convolution(map, { weight, scale, shift, side, stride }) {
    const [rows, n] = network.windows(map, side, stride);
    const [places, length, channels] = [n * n, map.channels * side * side, scale.length];
    const values = new Float32Array(channels * places);
    if (places % 4 || channels % 4) throw new Error("places and channels must come in fours");
    // four channels by four places at once: each number read is used four times
    for (let c = 0; c < channels; c += 4)
      for (let p = 0; p < places; p += 4) {
        const [w0, r0] = [c * length, p * length];
        const [w1, w2, w3] = [w0 + length, w0 + 2 * length, w0 + 3 * length];
        const [r1, r2, r3] = [r0 + length, r0 + 2 * length, r0 + 3 * length];
        let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
        let c0 = 0, c1 = 0, c2 = 0, c3 = 0, d0 = 0, d1 = 0, d2 = 0, d3 = 0;
        for (let k = 0; k < length; k++) {
          const w = weight[w0 + k], x = weight[w1 + k], y = weight[w2 + k], z = weight[w3 + k];
          const q = rows[r0 + k], r = rows[r1 + k], s = rows[r2 + k], t = rows[r3 + k];
          a0 += w * q; a1 += w * r; a2 += w * s; a3 += w * t;
          b0 += x * q; b1 += x * r; b2 += x * s; b3 += x * t;
          c0 += y * q; c1 += y * r; c2 += y * s; c3 += y * t;
          d0 += z * q; d1 += z * r; d2 += z * s; d3 += z * t;
        }
        [[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]].forEach(
          (sums, i) => sums.forEach((sum, j) => {
            values[(c + i) * places + p + j] = Math.max(0, sum * scale[c + i] + shift[c + i]);
          }));
      }
    return { values, channels, size: n };
  },

  // The steps of the network with the tensors that they name. What normalisation does with the
  // means and variances of training is one factor and one summand a channel.
  prepare(steps, tensors) {
    return steps.map((step) => {
      if (Array.isArray(step)) return network.prepare(step, tensors);
      const [gain, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
        .map((name) => tensors[`${step.norm}.${name}`]);
      const scale = gain.map((value, c) => value / Math.sqrt(variance[c] + step.epsilon));
      const shift = bias.map((value, c) => value - mean[c] * scale[c]);
      return { ...step, weight: tensors[`${step.convolution}.weight`], scale, shift };
    });
  },

  // The map after each step: a convolution, or a residual block's list of them.
  maps(steps, map) {
    return steps.map((step) => {
      if (!Array.isArray(step)) return (map = network.convolution(map, step));
      const added = network.maps(step, map).at(-1).values;
      return (map = { ...map, values: map.values.map((value, i) => value + added[i]) });
    });
  },

  // Logits of the last map: its means over all places, and a linear layer of them.
  logits({ values, channels, size }, weight, bias) {
    const means = exhibit.range(0, channels).map((c) =>
      values.subarray(c * size ** 2, (c + 1) * size ** 2).reduce((a, b) => a + b) / size ** 2);
    return [...bias].map((value, k) =>
      means.reduce((sum, mean, c) => sum + mean * weight[k * channels + c], value));
  },
};
