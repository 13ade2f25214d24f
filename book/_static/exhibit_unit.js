// Turn an action unit (page 4): a drawn face, one unit of it in eleven steps, what the network says
// of each, and the gradient of what it says. All of it was drawn and asked when the page was made.
addEventListener("DOMContentLoaded", () => {
  const { html, svg } = exhibit;
  const SIZE = 48; // of a face

  exhibit.show("unit", "Turn an action unit, and see what the network says", (data) => {
    const { expressions, faces, strengths, units } = data;
    const square = { viewBox: `0 0 ${SIZE} ${SIZE}` };
    const image = (href, number, count) => svg("image", { href, preserveAspectRatio: "none",
      y: -SIZE * number, width: SIZE, height: SIZE * count });
    let [face, unit, step] = [faces[0], data.first, strengths.length >> 1];

    const shown = svg("svg", { ...square, role: "img", "aria-label": "The face" });
    const map = svg("svg", { ...square, role: "img", "aria-label": "The gradient over the face" });
    const named = html("p", {});
    const scale = html("p", { class: "scale" });
    const status = exhibit.status();
    const [bars, say] = exhibit.bars(data);

    function draw() {
      const [count, number] =
        [units.length * strengths.length, unit * strengths.length + step];
      const now = face.now[unit][step];
      shown.replaceChildren(image(face.frames, number, count));
      map.replaceChildren(image(face.frames, number, count), image(face.maps, number, count));
      say(now, face.before);
      const [best, drawn] = [now, face.before].map((shares) => exhibit.best(shares, expressions));
      named.textContent = `Map of ${exhibit.highest(now, expressions)}`;
      scale.textContent = "red raises it by being brighter, blue by being darker; full color at " +
        `${face.ends[unit].toPrecision(2)} per grey unit`;
      status.textContent = `Unit ${units[unit]}, strength ${strengths[step]}; as drawn, this face ` +
        `has it at ${face.drawn[unit].toFixed(2)}. The network says ${best}; of the face as drawn ` +
        `it says ${drawn}.`;
    }

    const change = (set) => (value) => {
      set(value);
      draw();
    };
    const unitList = exhibit.select("unit ", units, unit, change((number) => (unit = number)));
    const slider = exhibit.slider("strength",
      { min: 0, max: strengths.at(-1), step: strengths[1], value: strengths[step] },
      change((strength) => (step = exhibit.nearest(strength / strengths[1], strengths.length))));
    draw();

    return [
      exhibit.choices("Face", faces.map(({ image, name }) => [exhibit.picture(image, SIZE), name]),
        change((number) => (face = faces[number]))),
      html("div", { class: "controls" }, unitList, slider),
      html("div", { class: "drawings" },
        html("div", {}, html("p", {}, "The face"), shown),
        html("div", {}, named, map, scale),
        html("div", {}, html("p", {}, "Probability (line: as drawn)"), bars)),
      status,
    ];
  });
});
