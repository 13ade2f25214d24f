// A convolution's windows under sliders (page 6): on the pixels, along one row, and counted.

// The arithmetic of fer_lib/networks/shapes.py, which tests/test_exhibits.py holds against it.
const convolution = {
  span: (kernel, dilation) => dilation * (kernel - 1) + 1,
  // windows that fit; 0 where shapes.py refuses, for not even the first does
  outputs: ({ size, kernel, stride, padding, dilation }) =>
    Math.max(0, Math.floor((size + 2 * padding - convolution.span(kernel, dilation)) / stride) + 1),
  taps: (start, { kernel, dilation }) => Array.from({ length: kernel }, (_, i) => start + i * dilation),
  // positions of the padded row that no window reads
  unread(setting) {
    const read = new Set();
    for (let i = 0; i < convolution.outputs(setting); i++)
      for (const tap of convolution.taps(i * setting.stride, setting)) read.add(tap);
    const row = Array.from({ length: setting.size + 2 * setting.padding }, (_, i) => i);
    return row.filter((position) => !read.has(position));
  },
};

addEventListener("DOMContentLoaded", () => {
  const { html, svg } = exhibit;
  const LIMITS = {
    size: ["input W", 1, 32],
    kernel: ["kernel k", 1, 11],
    stride: ["stride s", 1, 8],
    padding: ["padding p", 0, 5],
    dilation: ["dilation d", 1, 4],
  };
  const BAND = 0.3; // height of the band of windows, of the drawing's width
  const NUMBERED = 26; // pixels or lines beyond which numbers would be too small to read

  const squares = (columns, rows) =>
    rows.flatMap((y) => columns.map((x) => `M${x} ${y}h1v1h-1z`)).join("");
  const path = (kind, d) => svg("path", { class: kind, d });
  const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

  // The padded pixels, what no window reads, and the window of the chosen output.
  function pixels(setting, [row, column]) {
    const { size, padding, stride } = setting;
    const all = range(0, size + 2 * padding);
    const inside = range(padding, padding + size);
    const unread = new Set(convolution.unread(setting));
    const hatched = all.flatMap((y) =>
      all.filter((x) => unread.has(x) || unread.has(y)).map((x) => `M${x} ${y + 1}l1-1`));
    const parts = [path("zero", squares(all, all)), path("pixel", squares(inside, inside)),
      path("unread", hatched.join(""))];
    if (convolution.outputs(setting)) {
      const [x, y] = [column * stride, row * stride];
      const side = convolution.span(setting.kernel, setting.dilation);
      parts.push(
        path("tap", squares(convolution.taps(x, setting), convolution.taps(y, setting))),
        svg("rect", { class: "window", x, y, width: side, height: side }));
    }
    return parts;
  }

  // All windows along one row, in as many lines as keep them apart; dashed, the one that has no room.
  function windows(setting, chosen, top, height) {
    const { kernel, stride, dilation } = setting;
    const count = convolution.outputs(setting);
    const span = convolution.span(kernel, dilation);
    const lines = Math.min(Math.ceil(span / stride), count + 1);
    const tall = Math.min(height / lines, 1.2);
    return range(0, count + 1).flatMap((i) => {
      const [x, y] = [i * stride, top + (i % lines) * tall];
      const frame = { x, y: y + 0.1 * tall, width: span, height: 0.8 * tall };
      if (i === count) return [svg("rect", { class: "next", ...frame })];
      const taps = convolution.taps(x, setting).map((tap) =>
        `M${tap} ${frame.y}h1v${frame.height}h-1z`);
      const kind = i === chosen ? "chosen" : "fits";
      const parts = [path(`tap ${kind}`, taps.join("")), svg("rect", { class: `window ${kind}`, ...frame })];
      if (lines <= NUMBERED / 2 && count <= NUMBERED) {
        const middle = { x: x + span / 2, y: y + tall / 2, "font-size": 0.6 * tall };
        parts.push(svg("text", { class: kind, ...middle }, String(i)));
      }
      return parts;
    });
  }

  // The formula, then the same with the numbers put in: lines of text, a fraction as [above, below].
  function steps(setting) {
    const { size, kernel, stride, padding, dilation } = setting;
    const room = size + 2 * padding - convolution.span(kernel, dilation);
    const [letters, numbers] = dilation === 1 ? ["k", kernel] : ["d(k − 1) − 1", `${dilation}·(${kernel} − 1) − 1`];
    const general = ["n = ", [`W + 2p − ${letters}`, "s"], " + 1"];
    const put = [" = ", [`${size} + 2·${padding} − ${numbers}`, stride], " + 1"];
    const worked = [" = ", [String(room).replace("-", "−"), stride], " + 1"];
    const end = room < 0 ? [] : [` = ${Math.floor(room / stride)} + 1 = ${convolution.outputs(setting)}`];
    return [general, [...put, ...worked, ...end]];
  }

  // A line of steps: the floor of each fraction, drawn, and read out as text.
  function line(parts) {
    const spoken = parts.map((part) => (Array.isArray(part) ? `⌊(${part[0]}) / ${part[1]}⌋` : part));
    const shown = parts.map((part) => Array.isArray(part)
      ? html("span", { class: "floor" }, html("span", {}, String(part[0])), html("span", {}, String(part[1])))
      : part);
    return html("p", { class: "formula", role: "math", "aria-label": spoken.join("") }, ...shown);
  }

  function said(setting, [row, column]) {
    const { size, kernel, stride, padding, dilation } = setting;
    const [count, unread] = [convolution.outputs(setting), convolution.unread(setting).length];
    const [length, span] = [size + 2 * padding, convolution.span(kernel, dilation)];
    if (!count)
      return `The window spans ${span} positions, and the padded row has ${length}: not even window 0 fits, ` +
        `so there is no output. With this window the input must be at least ${Math.max(span - 2 * padding, 1)} wide.`;
    const to = (start) => `${start} to ${start + span - 1}`;
    return `${count} ${count === 1 ? "window fits" : "windows fit"}: ${size} × ${size} pixels give ` +
      `${count} × ${count} outputs. No window reads ${unread} of the ${length} positions of a row. ` +
      `Output (${row}, ${column}) comes from rows ${to(row * stride)} and columns ${to(column * stride)}` +
      (dilation > 1 ? `, every ${["second", "third", "fourth"][dilation - 2]} of them` : "") +
      " of the padded image.";
  }

  exhibit.show("convolution", "The windows of a convolution, under sliders", (start) => {
    const setting = { dilation: 1, ...start };
    let chosen = [0, 0];
    const input = svg("svg", { class: "pixels", "aria-hidden": "true" });
    const output = svg("svg", { class: "outputs", "aria-hidden": "true" });
    const worked = html("div", { class: "formulas" });
    const status = exhibit.status();
    const runner = exhibit.slider("output", { min: 0, max: 0, value: 0 }, (at) => {
      const count = convolution.outputs(setting);
      choose(Math.floor(at / count), at % count);
    });
    const sizes = html("p", { class: "sizes" });
    const key = html("p", { class: "key" }, "Filled: pixels. Empty: zeros of the padding. Hatched: read by " +
      "no window. Below: the windows of one row; dashed: the next one, which has no room.");

    function choose(row, column) {
      chosen = [row, column];
      draw();
    }

    function draw() {
      const count = convolution.outputs(setting);
      chosen = chosen.map((place) => exhibit.nearest(place, Math.max(count, 1)));
      const { size, padding, stride, kernel, dilation } = setting;
      const span = convolution.span(kernel, dilation);
      const width = Math.max(size + 2 * padding, count * stride + span); // with the window that has no room
      input.setAttribute("viewBox", `-0.1 -0.1 ${width + 0.2} ${width * (1 + BAND) + 0.2}`);
      input.replaceChildren(
        ...pixels(setting, chosen),
        ...windows(setting, chosen[1], size + 2 * padding + 0.3, BAND * width - 0.3));
      const side = Math.max(count, 1);
      output.setAttribute("viewBox", `-0.1 -0.1 ${side + 0.2} ${side + 0.2}`);
      output.replaceChildren(path("pixel", squares(range(0, count), range(0, count))));
      if (count) output.append(path("tap chosen", squares([chosen[1]], [chosen[0]])));
      sizes.textContent = count ? `${count} × ${count} outputs` : "no output";
      worked.replaceChildren(...steps(setting).map(line));
      status.textContent = said(setting, chosen);
      const [range_, shown] = [runner.querySelector("input"), runner.querySelector("output")];
      range_.max = Math.max(count * count - 1, 0);
      range_.disabled = !count;
      range_.value = chosen[0] * count + chosen[1];
      shown.value = count ? `(${chosen})`.replace(",", ", ") : "–";
      range_.setAttribute("aria-valuetext", `row ${chosen[0]}, column ${chosen[1]}`);
    }

    const controls = Object.entries(LIMITS).map(([name, [label, min, max]]) =>
      exhibit.slider(label, { min, max: Math.max(max, setting[name]), value: setting[name] }, (value) => {
        setting[name] = value;
        draw();
      }));
    exhibit.track(input, (x, y) => {
      const { kernel, dilation, stride, size, padding } = setting;
      const at = (place) => (place - convolution.span(kernel, dilation) / 2) / stride;
      // below the pixels are the windows of one row: there the row stays
      choose(y < size + 2 * padding ? at(y) : chosen[0], at(x));
    });
    exhibit.track(output, (x, y) => choose(Math.floor(y), Math.floor(x)));
    draw();
    return [
      html("div", { class: "controls" }, ...controls, runner),
      worked,
      html("div", { class: "drawings" }, html("div", {}, input, key), html("div", {}, sizes, output, status)),
    ];
  });
});
