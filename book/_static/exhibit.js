// What the exhibits share. A page holds the data of an exhibit as JSON, beside a picture; where
// this runs, the exhibit takes the picture's place. Paper and a browser without JavaScript keep it.
const exhibit = {
  // Each exhibit's own script calls this once all scripts are there: `build(data)` gives its parts.
  show(name, title, build) {
    for (const script of document.querySelectorAll(`script[data-exhibit="${name}"]`)) {
      const named = { class: `exhibit ${name}`, role: "group", "aria-label": title };
      const box = exhibit.html("div", named, ...build(JSON.parse(script.textContent)));
      const figure = script.closest(".cell_output").querySelector("figure");
      figure.classList.add("live");
      figure.prepend(box);
    }
  },

  html: (tag, attributes, ...children) =>
    exhibit.fill(document.createElement(tag), attributes, children),
  svg: (tag, attributes, ...children) =>
    exhibit.fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children),
  fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  },

  // A labelled slider; `changed` is called when it is moved.
  slider(label, { value, ...limits }, changed) {
    const sides = limits.min < 0 ? { class: "signed" } : {}; // filled from neither side
    const input = exhibit.html("input", { type: "range", ...sides, ...limits, value });
    const shown = exhibit.html("output", {}, value);
    input.addEventListener("input", () => {
      shown.value = input.value;
      changed(Number(input.value));
    });
    const name = exhibit.html("span", {}, label);
    return exhibit.html("label", { class: "slider" }, name, input, shown);
  },

  // A picture, a square where it has no height; its pixels stay pixels when it is enlarged.
  picture: (href, width, height = width) =>
    exhibit.svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      exhibit.svg("image", { href, width, height })),

  // Options [picture, name] to choose one from, the first to begin with; `choose` gets its number.
  choices(legend, options, choose) {
    const group = `choice-${Math.random()}`; // no other choice's radio buttons
    const labels = options.map(([picture, name], i) => {
      const button = exhibit.html("input", { type: "radio", name: group });
      button.checked = i === 0;
      button.addEventListener("change", () => choose(i));
      return exhibit.html("label", {}, button, picture, name);
    });
    return exhibit.html("fieldset", {}, exhibit.html("legend", {}, legend), ...labels);
  },

  // A labelled list of options; `changed` is called with the number of the one chosen.
  select(label, options, value, changed) {
    const each = options.map((name, i) => exhibit.html("option", { value: i }, name));
    const list = exhibit.html("select", {}, ...each);
    list.value = value;
    list.addEventListener("change", () => changed(Number(list.value)));
    return exhibit.html("label", {}, label, list);
  },

  // The classes' probabilities as bars, each with a line where it was before; `show(now, before)`
  // moves them.
  bars({ expressions, colors }) {
    const { html } = exhibit;
    const bars = expressions.map((name, i) => html("li", { style: `--color: ${colors[i]}` },
      html("span", {}, name), html("span", { class: "bar" }), html("span", { class: "number" })));
    const show = (now, before) => bars.forEach((bar, i) => {
      bar.style.setProperty("--now", now[i]);
      bar.style.setProperty("--before", before[i]);
      bar.lastChild.textContent = exhibit.percent(now[i]);
    });
    return [html("ul", { class: "bars" }, ...bars), show];
  },

  percent: (share) => `${(100 * share).toFixed(1)}\u00a0%`,

  // The class with the highest of the probabilities; the same, and how high it is.
  highest: (shares, expressions) => expressions[shares.indexOf(Math.max(...shares))],
  best: (shares, expressions) =>
    `${exhibit.highest(shares, expressions)}, ${exhibit.percent(Math.max(...shares))}`,

  range: (from, to) => Array.from({ length: to - from }, (_, i) => from + i),

  // Says, for the eye and for a screen reader, what has changed.
  status: () => exhibit.html("p", { class: "status", role: "status" }),

  // Calls `moved(x, y, jumped)`, in the drawing's own units, while a pointer or a finger is on it.
  track(drawing, moved) {
    let came = false; // a drawing that comes under a pointer at rest is not touched by it
    drawing.addEventListener("pointerenter", () => { came = true; });
    for (const type of ["pointerdown", "pointermove"])
      drawing.addEventListener(type, (event) => {
        const place = new DOMPoint(event.clientX, event.clientY);
        const { x, y } = place.matrixTransform(drawing.getScreenCTM().inverse());
        moved(x, y, came || type !== "pointermove");
        came = false;
      });
  },

  // The nearest of the places 0 … count − 1.
  nearest: (place, count) => Math.min(Math.max(Math.round(place), 0), count - 1),
};
