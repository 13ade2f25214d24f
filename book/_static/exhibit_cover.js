// Cover it yourself (page 4): a grey patch over a face, what the network then says, and the
// occlusion map forming where the patch has been. The network spoke when the page was made.
const covering = {
  softmax(logits) {
    const largest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - largest));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  },
  // The mean fall of the target's logit over the places whose patch covers a pixel; NaN where none.
  // A place is a number: row · places a side + column.
  map(face, target, places, { patch, stride }) {
    const count = face.covered.length;
    const size = (count - 1) * stride + patch;
    const [sums, times] = [new Float64Array(size * size), new Float64Array(size * size)];
    for (const place of places) {
      const [row, column] = [Math.floor(place / count), place % count];
      const fall = face.logits[target] - face.covered[row][column][target];
      for (let y = row * stride; y < row * stride + patch; y++)
        for (let x = column * stride; x < column * stride + patch; x++) {
          sums[y * size + x] += fall;
          times[y * size + x] += 1;
        }
    }
    return sums.map((sum, i) => sum / times[i]);
  },
  everywhere: (face) => Array.from({ length: face.covered.length ** 2 }, (_, i) => i),
  // Where the colors end: as style.map_limit, the 99th percentile of the sizes.
  end(values) {
    const sizes = values.map(Math.abs).sort();
    const at = 0.99 * (sizes.length - 1);
    const [low, high] = [sizes[Math.floor(at)], sizes[Math.ceil(at)]];
    return low + (at % 1) * (high - low) || 1;
  },
  // Red for what the class loses where it is covered, blue for what it gains; white is nothing.
  color(value, end) {
    const share = Math.min(Math.abs(value) / end, 1);
    const full = value > 0 ? [178, 24, 43] : [33, 102, 172];
    return full.map((channel) => Math.round(255 + share * (channel - 255)));
  },
};

addEventListener("DOMContentLoaded", () => {
  const { html, svg } = exhibit;

  exhibit.show("cover", "Cover a face, and see what the network says", (data) => {
    const { patch, stride, expressions, faces } = data;
    const count = faces[0].covered.length;
    const size = (count - 1) * stride + patch;
    const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;
    const picture = (face) => svg("image", { href: face.image, width: size, height: size });
    const square = { viewBox: `0 0 ${size} ${size}` };

    let face, target, place, visited;
    const been = faces.map(() => new Set()); // places, face by face

    const grey = svg("rect", { class: "patch", width: patch, height: patch, fill: `rgb(${Array(3).fill(data.grey)})` });
    const stage = svg("svg", { ...square, class: "face", tabindex: 0, role: "application",
      "aria-label": "The face under the patch: arrow keys move the patch" });
    const under = svg("svg", { ...square, "aria-hidden": "true" });
    const canvas = html("canvas", { width: size, height: size, role: "img", "aria-label": "The occlusion map of where the patch has been" });
    const scale = html("p", { class: "scale" });
    const status = exhibit.status();
    const chooser = html("select", {}, ...expressions.map((name, i) => html("option", { value: i }, name)));
    const bars = expressions.map((name, i) => html("li", { style: `--color: ${data.colors[i]}` },
      html("span", {}, name), html("span", { class: "bar" }), html("span", { class: "number" })));

    function move(row, column, jumped = true) {
      const next = [row, column].map((at) => exhibit.nearest(at, count));
      // a fast pointer skips places: the patch has been on the way, too
      const steps = jumped ? 1 : Math.max(1, ...next.map((at, i) => Math.abs(at - place[i])));
      for (let step = 1; step <= steps; step++) {
        const [y, x] = next.map((at, i) => Math.round(jumped ? at : place[i] + ((at - place[i]) * step) / steps));
        visited.add(y * count + x);
      }
      place = next;
      draw();
    }

    function draw() {
      const [row, column] = place;
      const [bare, now] = [face.logits, face.covered[row][column]];
      const [before, after] = [bare, now].map(covering.softmax);
      grey.setAttribute("x", column * stride);
      grey.setAttribute("y", row * stride);
      bars.forEach((bar, i) => {
        bar.style.setProperty("--now", after[i]);
        bar.style.setProperty("--before", before[i]);
        bar.lastChild.textContent = percent(after[i]);
      });
      paint();
      const says = (shares) => {
        const best = shares.indexOf(Math.max(...shares));
        return `${expressions[best]}, ${percent(shares[best])}`;
      };
      const fall = bare[target] - now[target];
      status.textContent =
        `Covered: rows ${row * stride} to ${row * stride + patch - 1}, columns ${column * stride} to ${column * stride + patch - 1}. ` +
        `The network says ${says(after)}; of the bare face it says ${says(before)}. ` +
        `The logit of ${expressions[target]} ${fall < 0 ? "rises" : "falls"} by ${Math.abs(fall).toFixed(2)}.`;
    }

    function paint() {
      const values = covering.map(face, target, visited, data);
      const end = covering.end(covering.map(face, target, covering.everywhere(face), data));
      const pixels = new ImageData(size, size);
      values.forEach((value, i) => {
        if (!isNaN(value)) pixels.data.set([...covering.color(value, end), 225], 4 * i);
      });
      canvas.getContext("2d").putImageData(pixels, 0, 0);
      scale.textContent = `red: its logit falls, blue: it rises; full color at ${end.toPrecision(2)}`;
    }

    function choose(number) {
      face = faces[number];
      target = face.label;
      visited = been[number];
      chooser.value = target;
      stage.replaceChildren(picture(face), grey);
      under.replaceChildren(picture(face));
      // begin where the patch costs the class most, as the picture does
      const logits = face.covered.flat().map((logits) => logits[target]);
      const worst = logits.indexOf(Math.min(...logits));
      move(Math.floor(worst / count), worst % count);
    }

    const group = `face-${Math.random()}`; // no other exhibit's radio buttons
    const choices = faces.map((each, i) => {
      const button = html("input", { type: "radio", name: group, ...(i ? {} : { checked: "" }) });
      button.addEventListener("change", () => choose(i));
      return html("label", {}, button, svg("svg", { ...square, "aria-hidden": "true" }, picture(each)), each.name);
    });
    const button = (text, pressed) => {
      const made = html("button", { type: "button" }, text);
      made.addEventListener("click", pressed);
      return made;
    };
    const fill = button("Cover every place", () => {
      covering.everywhere(face).forEach((each) => visited.add(each));
      draw();
    });
    const clear = button("Start again", () => {
      visited.clear();
      move(...place);
    });

    chooser.addEventListener("change", () => {
      target = Number(chooser.value);
      draw();
    });
    const keys = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    stage.addEventListener("keydown", (event) => {
      if (!keys[event.key]) return;
      event.preventDefault();
      move(...keys[event.key].map((step, i) => place[i] + step));
    });
    exhibit.track(stage, (x, y, jumped) =>
      move((y - patch / 2) / stride, (x - patch / 2) / stride, jumped));
    choose(0);

    return [
      html("fieldset", {}, html("legend", {}, "Face"), ...choices),
      html("div", { class: "drawings" },
        html("div", {}, html("p", {}, "Move the patch"), stage),
        html("div", {}, html("p", {}, html("label", {}, "Map of ", chooser)),
          html("div", { class: "map" }, under, canvas), scale),
        html("div", {}, html("p", {}, "Probability (line: bare face)"), html("ul", { class: "bars" }, ...bars))),
      html("p", { class: "buttons" }, fill, clear),
      status,
    ];
  });
});
