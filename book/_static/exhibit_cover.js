// Cover it yourself: a grey patch over a face, what the network then says, and the occlusion map
// forming where the patch has been. On page 4 the network spoke when the page was made; on the page
// Try it (exhibit_try.js) it speaks now.
const covering = {
  softmax(logits) {
    const largest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - largest));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  },
  // The mean fall of the target's logit over the places whose patch covers a pixel; NaN where none.
  // A place is a number: row · places a side + column; `said(place)` is of the covered face.
  map(face, target, places, { patch, stride, count }) {
    const size = (count - 1) * stride + patch;
    const [sums, times] = [new Float64Array(size * size), new Float64Array(size * size)];
    for (const place of places) {
      const [row, column] = [Math.floor(place / count), place % count];
      const fall = face.logits[target] - face.said(place)[target];
      for (let y = row * stride; y < row * stride + patch; y++)
        for (let x = column * stride; x < column * stride + patch; x++) {
          sums[y * size + x] += fall;
          times[y * size + x] += 1;
        }
    }
    return sums.map((sum, i) => sum / times[i]);
  },
  // Where the colors end: as style.map_limit, the 99th percentile of the sizes.
  end(values) {
    const sizes = values.filter((value) => !isNaN(value)).map(Math.abs).sort();
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

  // The face under the patch, the map, the bars and what they say. `show(face)` puts a face there:
  // its image, its logits, the class to map, where the patch has been and where a keyboard's begins.
  // Where the network speaks `live`, a place takes a moment, and the patch jumps over those between.
  board(data, live = false) {
    const { html, svg } = exhibit;
    const { patch, stride, count, expressions } = data;
    const size = (count - 1) * stride + patch;
    const square = { viewBox: `0 0 ${size} ${size}` };
    const picture = (face) => svg("image", { href: face.image, width: size, height: size });
    const everywhere = exhibit.range(0, count ** 2);
    let face, target, end, place; // no place: nothing is covered
    let filling = 0; // the number of the filling that goes on

    const grey = svg("rect", { class: "patch", width: patch, height: patch,
      fill: `rgb(${data.grey}, ${data.grey}, ${data.grey})` });
    const stage = svg("svg", { ...square, class: "face", tabindex: 0, role: "application",
      "aria-label": "The face: arrow keys move a patch over it" });
    const under = svg("svg", { ...square, "aria-hidden": "true" });
    const canvas = html("canvas", { width: size, height: size, role: "img",
      "aria-label": "The occlusion map of where the patch has been" });
    const scale = html("p", { class: "scale" });
    const status = exhibit.status();
    const [bars, say] = exhibit.bars(data);

    function move(row, column, jumped = true) {
      const next = [row, column].map((at) => exhibit.nearest(at, count));
      place ??= next;
      // a fast pointer skips places: the patch has been on the way, too
      const ways = next.map((at, i) => (jumped || live ? 0 : at - place[i]));
      const steps = Math.max(1, ...ways.map(Math.abs));
      for (let left = 0; left < steps; left++) {
        const [y, x] = next.map((at, i) => Math.round(at - (ways[i] * left) / steps));
        face.visited.add(y * count + x);
      }
      place = next;
      draw();
    }

    function draw() {
      const now = place ? face.said(place[0] * count + place[1]) : face.logits;
      const [before, after] = [face.logits, now].map(covering.softmax);
      say(after, before);
      paint();
      grey.setAttribute("visibility", place ? "visible" : "hidden");
      if (!place) {
        status.textContent = "Uncovered. The network says " +
          `${exhibit.best(before, expressions)}. Move over the face to cover a part of it.`;
        return;
      }
      const [top, left] = place.map((at) => at * stride);
      grey.setAttribute("x", left);
      grey.setAttribute("y", top);
      const fall = face.logits[target] - now[target];
      status.textContent =
        `Covered: rows ${top} to ${top + patch - 1}, columns ${left} to ${left + patch - 1}. ` +
        `The network says ${exhibit.best(after, expressions)}; of the bare face it says ` +
        `${exhibit.best(before, expressions)}. The logit of ${expressions[target]} ` +
        `${fall < 0 ? "rises" : "falls"} by ${Math.abs(fall).toFixed(2)}.`;
    }

    function paint() {
      const values = covering.map(face, target, face.visited, data);
      if (live) end = Math.max(1, covering.end(values)); // a faint change stays pale
      const pixels = new ImageData(size, size);
      values.forEach((value, i) => {
        // a third is let through, so that the face stays to be seen
        if (!isNaN(value)) pixels.data.set([...covering.color(value, end), 170], 4 * i);
      });
      canvas.getContext("2d").putImageData(pixels, 0, 0);
      scale.textContent = "red raises it by being what it is, blue lowers it; " +
        `full color at ${end.toPrecision(2)}`;
    }

    // Another class to map: where the colors of its whole map end is counted once.
    function aim(number) {
      target = number;
      if (!live) end = covering.end(covering.map(face, target, everywhere, data));
    }

    function show(next) {
      face = next;
      aim(face.target);
      classes.querySelector("select").value = target;
      stage.replaceChildren(picture(face), grey);
      under.replaceChildren(picture(face));
      uncover();
    }

    function uncover() {
      place = undefined;
      draw();
    }

    async function fill() {
      const [filled, mine] = [face, ++filling];
      for (const each of everywhere) {
        if (filled.visited.has(each)) continue;
        filled.said(each);
        filled.visited.add(each);
        if (!live) continue;
        await new Promise(requestAnimationFrame); // so that the map is seen to form
        // another face, another filling, or another board
        if (face !== filled || filling !== mine || !canvas.isConnected) return;
        paint();
        status.textContent = `${face.visited.size} of ${count ** 2} places covered.`;
      }
      draw();
    }

    const classes = exhibit.select("Map of ", expressions, 0, (number) => {
      aim(number);
      draw();
    });
    const button = (text, pressed) => {
      const made = html("button", { type: "button" }, text);
      made.addEventListener("click", pressed);
      return made;
    };
    const clear = button("Start again", () => {
      filling++;
      face.visited.clear();
      uncover();
    });
    const keys =
      { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    stage.addEventListener("keydown", (event) => {
      if (!keys[event.key]) return;
      event.preventDefault(); // the page would scroll
      if (place) move(...keys[event.key].map((step, i) => place[i] + step));
      else move(Math.floor(face.begin / count), face.begin % count);
    });
    exhibit.track(stage, (x, y, jumped) =>
      move((y - patch / 2) / stride, (x - patch / 2) / stride, jumped));

    const parts = [
      html("div", { class: "drawings" },
        html("div", {}, html("p", {}, "Move the patch"), stage),
        html("div", {},
          html("p", {}, classes),
          html("div", { class: "map" }, under, canvas),
          scale),
        html("div", {},
          html("p", {}, "Probability (line: bare face)"),
          bars)),
      html("p", { class: "buttons" }, button("Cover every place", fill), clear),
      status,
    ];
    return [parts, show];
  },
};

addEventListener("DOMContentLoaded", () =>
  exhibit.show("cover", "Cover a face, and see what the network says", (data) => {
    const count = data.faces[0].covered.length; // places a side
    const size = (count - 1) * data.stride + data.patch;
    const faces = data.faces.map(({ covered, label, ...face }) => {
      const places = covered.flat();
      // a keyboard's begins where the patch costs the class most, as the picture does
      const logits = places.map((each) => each[label]);
      const begin = logits.indexOf(Math.min(...logits));
      return { ...face, target: label, begin, visited: new Set(), said: (place) => places[place] };
    });
    const [parts, board] = covering.board({ ...data, count });
    const methods = exhibit.html("div", { class: "methods" });
    function show(face) {
      board(face);
      methods.replaceChildren(...Object.entries(face.maps).map(([name, map]) => {
        const drawn = exhibit.picture(face.image, size);
        drawn.append(exhibit.svg("image", { href: map, width: size, height: size }));
        return exhibit.html("div", {}, drawn, name);
      }));
    }
    show(faces[0]);
    return [
      exhibit.choices("Face", faces.map((face) => [exhibit.picture(face.image, size), face.name]),
        (number) => show(faces[number])),
      ...parts,
      exhibit.html("p", {}, "The face's own class by each method, each on its own scale:"),
      methods,
    ];
  }));
