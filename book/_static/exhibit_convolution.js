// A convolution's windows under sliders (page 6): on the pixels, along one row, and counted.

// The arithmetic of fer_lib/networks/shapes.py; tests/test_exhibits.py holds one against the other.
const convolution = {
  span: (kernel, dilation) => dilation * (kernel - 1) + 1,
  // windows that fit; 0 where shapes.py refuses, for not even the first does
  outputs: ({ size, kernel, stride, padding, dilation }) =>
    Math.max(0, Math.floor((size + 2 * padding - convolution.span(kernel, dilation)) / stride) + 1),
  taps: (start, { kernel, dilation }) =>
    exhibit.range(0, kernel).map((i) => start + i * dilation),
  // positions of the padded row that no window reads
  unread(setting) {
    const starts = exhibit.range(0, convolution.outputs(setting)).map((i) => i * setting.stride);
    const read = new Set(starts.flatMap((start) => convolution.taps(start, setting)));
    return exhibit.range(0, setting.size + 2 * setting.padding).filter((at) => !read.has(at));
  },
};

addEventListener("DOMContentLoaded", () => {
  const { html, svg, range } = exhibit;
  const LIMITS = {
    size: ["input W", 1, 32],
    kernel: ["kernel k", 1, 11],
    stride: ["stride s", 1, 8],
    padding: ["padding p", 0, 5],
    dilation: ["dilation d", 1, 4],
  };
  const BAND = 0.22; // height of the band of windows, of the drawing's width
  const NUMBERED = { windows: 26, lines: 13 }; // beyond them numbers would be too small to read

  const path = (kind, d) => svg("path", { class: kind, d });
  const squares = (columns, rows) =>
    rows.flatMap((y) => columns.map((x) => `M${x} ${y}h1v1h-1z`)).join("");

  // The padded pixels, hatched what no window reads, and the window of the chosen output.
  function pixels(setting, [row, column]) {
    const { size, kernel, stride, padding, dilation } = setting;
    const all = range(0, size + 2 * padding);
    const inside = range(padding, padding + size);
    const unread = new Set(convolution.unread(setting));
    const hatched = all.flatMap((y) =>
      all.filter((x) => unread.has(x) || unread.has(y)).map((x) => `M${x} ${y + 1}l1-1`));
    const parts = [
      path("zero", squares(all, all)),
      path("pixel", squares(inside, inside)),
      path("unread", hatched.join("")),
    ];
    if (convolution.outputs(setting)) {
      const [x, y] = [column * stride, row * stride];
      const span = convolution.span(kernel, dilation);
      const taps = [x, y].map((start) => convolution.taps(start, setting));
      parts.push(path("tap", squares(...taps)));
      parts.push(svg("rect", { class: "window", x, y, width: span, height: span }));
    }
    return parts;
  }

  // All windows of one row, in as many lines as keep them apart; dashed, the next one.
  function windows(setting, chosen, top, height) {
    const { kernel, stride, dilation } = setting;
    const count = convolution.outputs(setting);
    const width = convolution.span(kernel, dilation);
    const lines = Math.min(Math.ceil(width / stride), count + 1);
    const tall = Math.min(height / lines, 1.2);
    const numbered = lines <= NUMBERED.lines && count <= NUMBERED.windows;
    return range(0, count + 1).flatMap((i) => {
      const [x, middle] = [i * stride, top + ((i % lines) + 0.5) * tall];
      const frame = { x, y: middle - 0.4 * tall, width, height: 0.8 * tall };
      if (i === count) return [svg("rect", { class: "next", ...frame })];
      const kind = i === chosen ? "chosen" : "fits";
      const taps = convolution.taps(x, setting);
      const parts = [
        path(`tap ${kind}`, taps.map((at) => `M${at} ${frame.y}h1v${frame.height}h-1z`).join("")),
        svg("rect", { class: `window ${kind}`, ...frame }),
      ];
      const place = { x: x + width / 2, y: middle, "font-size": 0.6 * tall };
      if (numbered) parts.push(svg("text", { class: kind, ...place }, i));
      return parts;
    });
  }

  // The formula, and the same with the numbers put in; a fraction is [above, below].
  function formulas(setting) {
    const { size, kernel, stride, padding, dilation } = setting;
    const room = size + 2 * padding - convolution.span(kernel, dilation);
    const letters = dilation === 1 ? "k" : "d(k − 1) − 1";
    const numbers = dilation === 1 ? kernel : `${dilation}·(${kernel} − 1) − 1`;
    const worked = [
      " = ", [`${size} + 2·${padding} − ${numbers}`, stride],
      " + 1 = ", [String(room).replace("-", "−"), stride], " + 1",
    ];
    if (room >= 0)
      worked.push(` = ${Math.floor(room / stride)} + 1 = ${convolution.outputs(setting)}`);
    return [["n = ", [`W + 2p − ${letters}`, "s"], " + 1"], worked];
  }

  // One of them, the floor of each fraction drawn; read out as text.
  function line(parts) {
    const spoken = parts.map((part) => Array.isArray(part) ? `⌊(${part[0]}) / ${part[1]}⌋` : part);
    const shown = parts.map((part) => Array.isArray(part)
      ? html("span", { class: "floor" }, ...part.map((half) => html("span", {}, half)))
      : part);
    const named = { class: "formula", role: "math", "aria-label": spoken.join("") };
    return html("p", named, ...shown);
  }

  function said(setting, [row, column]) {
    const { size, kernel, stride, padding, dilation } = setting;
    const [count, unread] = [convolution.outputs(setting), convolution.unread(setting).length];
    const [length, span] = [size + 2 * padding, convolution.span(kernel, dilation)];
    if (!count)
      return `The window spans ${span} positions, and the padded row has ${length}: not even ` +
        "window 0 fits, so there is no output. With this window the input must be at least " +
        `${Math.max(span - 2 * padding, 1)} wide.`;
    const from = (start) => `${start} to ${start + span - 1}`;
    const step = ["", "", ", every second", ", every third", ", every fourth"][dilation];
    return `${count} ${count === 1 ? "window fits" : "windows fit"}: ${size} × ${size} pixels ` +
      `give ${count} × ${count} outputs. No window reads ${unread} of the ${length} positions ` +
      `of a row. Output (${row}, ${column}) comes from rows ${from(row * stride)} and columns ` +
      `${from(column * stride)}${step}, of the padded image.`;
  }

  exhibit.show("convolution", "The windows of a convolution, under sliders", (start) => {
    const setting = { dilation: 1, ...start };
    let chosen = [0, 0]; // the output whose window is shown: row, column
    const input = svg("svg", { class: "pixels", "aria-hidden": "true" });
    const output = svg("svg", { class: "outputs", "aria-hidden": "true" });
    const worked = html("div", { class: "formulas" });
    const sizes = html("p", { class: "sizes" });
    const status = exhibit.status();
    const controls = Object.entries(LIMITS).map(([name, [label, min, most]]) => {
      const value = setting[name];
      return exhibit.slider(label, { min, max: Math.max(most, value), value }, (changed) => {
        setting[name] = changed;
        draw();
      });
    });
    const runner = exhibit.slider("output", { min: 0, max: 0, value: 0 }, (at) => {
      const count = convolution.outputs(setting);
      choose(Math.floor(at / count), at % count);
    });

    function choose(row, column) {
      chosen = [row, column];
      draw();
    }

    function draw() {
      const { size, kernel, stride, padding, dilation } = setting;
      const count = convolution.outputs(setting);
      const side = Math.max(count, 1);
      chosen = chosen.map((place) => exhibit.nearest(place, side));
      const length = size + 2 * padding;
      // the window that has no room sticks out
      const width = Math.max(length, count * stride + convolution.span(kernel, dilation));
      input.setAttribute("viewBox", `-0.1 -0.1 ${width + 0.2} ${width * (1 + BAND) + 0.2}`);
      input.replaceChildren(
        ...pixels(setting, chosen),
        ...windows(setting, chosen[1], length + 0.3, BAND * width - 0.3));
      output.setAttribute("viewBox", `-0.1 -0.1 ${side + 0.2} ${side + 0.2}`);
      output.replaceChildren(path("pixel", squares(range(0, count), range(0, count))));
      if (count) output.append(path("tap chosen", squares([chosen[1]], [chosen[0]])));
      sizes.textContent = count ? `${count} × ${count} outputs` : "no output";
      worked.replaceChildren(...formulas(setting).map(line));
      status.textContent = said(setting, chosen);
      follow(count);
    }

    // The slider of outputs runs along the rows, one after another, as a convolution does.
    function follow(count) {
      const [slider, shown] = [runner.querySelector("input"), runner.querySelector("output")];
      slider.max = Math.max(count * count - 1, 0);
      slider.disabled = !count;
      slider.value = chosen[0] * count + chosen[1];
      slider.setAttribute("aria-valuetext", `row ${chosen[0]}, column ${chosen[1]}`);
      shown.value = count ? `(${chosen.join(", ")})` : "–";
    }

    exhibit.track(input, (x, y) => {
      const { size, kernel, stride, padding, dilation } = setting;
      const at = (place) => (place - convolution.span(kernel, dilation) / 2) / stride;
      // below the pixels are the windows of one row: there the row stays
      choose(y < size + 2 * padding ? at(y) : chosen[0], at(x));
    });
    exhibit.track(output, (x, y) => choose(Math.floor(y), Math.floor(x)));
    draw();
    const key = html("p", { class: "key" },
      "Filled: pixels. Empty: zeros of the padding. Hatched: read by no window. " +
      "Below: the windows of one row; dashed: the next one, which has no room.");
    return [
      html("div", { class: "controls" }, ...controls, runner),
      worked,
      html("div", { class: "drawings" },
        html("div", {}, input, key),
        html("div", {}, sizes, output, status)),
    ];
  });
});
