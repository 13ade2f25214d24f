// Try it: the shipped network run in the page, on a drawn face or on a picture of your own.
// Its weights are a script of 5 MB, which is loaded when it is asked for.
const trying = {
  weights: new URL("compact.js", document.currentScript.src).href,

  // The weights, once their script has called `trying.loaded(bytes in base64)`.
  load: () => new Promise((resolve, reject) => {
    trying.loaded = (text) => resolve(network.tensors(Uint8Array.from(atob(text),
      (letter) => letter.charCodeAt(0))));
    const script = exhibit.html("script", { src: trying.weights });
    script.addEventListener("error", reject);
    document.head.append(script);
  }),

  // Grey levels of a square of a picture: as Pillow turns colors into grey, on white.
  grey(picture, [left, top, side]) {
    const canvas = exhibit.html("canvas", { width: side, height: side });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "white";
    context.fillRect(0, 0, side, side);
    context.drawImage(picture, left, top, side, side, 0, 0, side, side);
    const { data } = context.getImageData(0, 0, side, side);
    return Float64Array.from({ length: side * side }, (_, i) =>
      Math.round(0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]));
  },

  // side × side → size × size, as Pillow's bicubic: each new pixel is a weighted mean of those
  // within two of its own widths, first along the rows, then along the columns.
  resize(values, side, size) {
    if (side === size) return values;
    const step = side / size;
    const spread = Math.max(step, 1);
    const cubic = (x) => x < 1 ? (1.5 * x - 2.5) * x * x + 1
      : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    const means = exhibit.range(0, size).map((i) => {
      const center = (i + 0.5) * step;
      const from = Math.max(Math.trunc(center - 2 * spread + 0.5), 0);
      const to = Math.min(Math.trunc(center + 2 * spread + 0.5), side);
      const weights = exhibit.range(from, to)
        .map((at) => cubic(Math.abs(at - center + 0.5) / spread));
      const sum = weights.reduce((a, b) => a + b);
      return [from, weights.map((weight) => weight / sum)];
    });
    // one pass shrinks the rows and lays them on their side; two passes are the whole
    const pass = (pixels, rows) => {
      const made = new Float64Array(rows * size);
      for (let y = 0; y < rows; y++)
        means.forEach(([from, weights], x) => {
          let sum = 0;
          for (let i = 0; i < weights.length; i++) sum += weights[i] * pixels[y * side + from + i];
          made[x * rows + y] = Math.min(Math.max(Math.round(sum), 0), 255);
        });
      return made;
    };
    return pass(pass(values, side), size);
  },

  // The picture of grey levels, or of colors, as an address.
  address(size, color) {
    const canvas = exhibit.html("canvas", { width: size, height: size });
    const pixels = new ImageData(size, size);
    for (let i = 0; i < size * size; i++) pixels.data.set([...color(i), 255], 4 * i);
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    return canvas.toDataURL();
  },
};

addEventListener("DOMContentLoaded", () => {
  const { html, picture } = exhibit;

  exhibit.show("try", "Try the network on a face", (data) => {
    const box = html("div", {});
    const status = exhibit.status();
    const begin = html("button", { type: "button" }, "Load the network (5 MB)");
    begin.addEventListener("click", async () => {
      begin.disabled = true;
      status.textContent = "The network is loading.";
      let tensors;
      try {
        tensors = await trying.load();
      } catch {
        begin.disabled = false;
        status.textContent = "The network's file, _static/compact.js, could not be read: it must " +
          "lie in the folder _static beside this page, as the book was built.";
        return;
      }
      // before what may fail: nothing loads any more, and the button may be pressed again
      status.textContent = "";
      begin.disabled = false;
      const parts = live(data, tensors);
      box.closest(".exhibit").classList.remove("waiting");
      box.replaceChildren(...parts);
    });
    box.append(html("p", { class: "buttons" }, begin), status);
    // until it is loaded, the picture stays
    requestAnimationFrame(() => box.closest(".exhibit").classList.add("waiting"));
    return [box];
  });

  function live(data, tensors) {
    const { size, stride, grey, mean, deviation } = data;
    const steps = network.prepare(data.steps, tensors);
    const [weight, bias] = ["weight", "bias"].map((name) => tensors[`${data.linear}.${name}`]);
    const look = (pixels) => network.maps(steps, { channels: 1, size,
      values: Float32Array.from(pixels, (value) => (value / 255 - mean) / deviation) });
    const say = (maps) => network.logits(maps.at(-1), weight, bias);

    const board = html("div", {});
    const inside = html("div", { class: "channels" });
    const legend = html("p", { class: "scale" });
    const square = html("div", { class: "controls" });
    const answer = exhibit.status();
    let pixels, label, maps;
    let [patch, right, down, layer] = [data.patch, 0, 0, data.steps.length - 1];

    // The face moved; what moves in repeats the rim.
    function moved() {
      const within = (at) => exhibit.nearest(at, size);
      return pixels.map((_, i) =>
        pixels[within(Math.floor(i / size) - down) * size + within((i % size) - right)]);
    }

    // A face on a new board: its patch, its probabilities, its maps.
    function see() {
      const face = moved();
      maps = look(face);
      const logits = say(maps);
      const count = (size - patch) / stride + 1;
      const known = new Map(); // what was said of it with the patch at a place
      const said = (place) => {
        if (!known.has(place)) {
          const [top, left] = [Math.floor(place / count) * stride, (place % count) * stride];
          const under = face.map((value, i) => {
            const [y, x] = [Math.floor(i / size), i % size];
            return y >= top && y < top + patch && x >= left && x < left + patch ? grey : value;
          });
          known.set(place, say(look(under)));
        }
        return known.get(place);
      };
      const [parts, show] = covering.board({ ...data, patch, count }, true);
      board.replaceChildren(...parts);
      show({ image: trying.address(size, (i) => Array(3).fill(face[i])), logits, said,
        target: label ?? logits.indexOf(Math.max(...logits)),
        begin: Math.floor(count / 2) * (count + 1), visited: new Set() });
      drawMaps();
    }

    // The channels of the chosen step that answer most, each on its own scale: as on page 5.
    function drawMaps() {
      const { values, channels, size: side } = maps[layer];
      const of = (c) => values.subarray(c * side * side, (c + 1) * side * side);
      const strength = exhibit.range(0, channels)
        .map((c) => [of(c).reduce((sum, value) => sum + value ** 2, 0), c])
        .sort((a, b) => b[0] - a[0]);
      inside.replaceChildren(...strength.slice(0, data.channels).map(([, c]) => {
        const end = covering.end(of(c));
        const drawn = trying.address(side, (i) =>
          data.blues[Math.round(15 * Math.min(of(c)[i] / end, 1))]); // no answer is below 0
        return html("div", {}, picture(drawn, side), `${c}`);
      }));
      legend.textContent = `The ${data.channels} of ${channels} channels of ${side} × ${side} ` +
        "that answer this face most, the strongest first. White is 0; the darkest blue is what " +
        "only 1 % of the channel's map exceeds.";
    }

    // A picture from the reader's disk, and the square of it that is looked at.
    async function open(chosen) {
      let read;
      try {
        read = await createImageBitmap(chosen);
      } catch {
        answer.textContent = `${chosen.name} is no picture that this browser reads: ` +
          "give a png, jpg, webp, gif or bmp.";
        return;
      }
      const { width, height } = read;
      const most = Math.min(width, height);
      const at = [Math.floor((width - most) / 2), Math.floor((height - most) / 2), most];
      const sliders = [["left", 0, width - 1], ["top", 0, height - 1], ["side", 1, most]]
        .map(([name, min, max], i) => exhibit.slider(name, { min, max, value: at[i] }, (value) => {
          at[i] = value;
          cut();
        }));
      const cut = () => {
        [width, height].forEach((whole, i) => { // no square goes beyond the picture
          at[i] = Math.min(at[i], whole - at[2]);
          const [input, output] = sliders[i].querySelectorAll("input, output");
          input.max = whole - at[2];
          input.value = output.value = at[i];
        });
        [pixels, label] = [[...trying.resize(trying.grey(read, at), at[2], size)], undefined];
        see();
        answer.textContent = `${chosen.name}: the square ${at.join(",")} (left, top, side) of ` +
          `${width} × ${height} pixels, as fer-lib explain --crop takes it.`;
      };
      choices.querySelectorAll("input").forEach((input) => { input.checked = false; });
      square.replaceChildren(sliders[2], sliders[0], sliders[1]);
      cut();
    }

    function choose(number) {
      ({ pixels, label } = data.faces[number]);
      square.replaceChildren();
      file.value = ""; // so that the same file can be opened again
      answer.textContent = "";
      see();
    }

    const file = html("input", { type: "file", accept: "image/*" });
    file.addEventListener("change", () => file.files.length && open(file.files[0]));
    const choices = exhibit.choices("Face", data.faces.map((each) =>
      [picture(trying.address(size, (i) => Array(3).fill(each.pixels[i])), size), each.name]),
    choose);
    const layers = exhibit.choices("Inside: what is left after",
      data.names.map((name) => [html("span", {}, name), ""]),
      (number) => { layer = number; drawMaps(); });
    layers.classList.add("layers");
    layers.querySelectorAll("input").forEach((input, i) => { input.checked = i === layer; });
    const turn = html("div", { class: "controls" },
      exhibit.slider("to the right", { min: -8, max: 8, value: 0 }, (by) => { right = by; see(); }),
      exhibit.slider("down", { min: -8, max: 8, value: 0 }, (by) => { down = by; see(); }),
      exhibit.slider("patch", { min: 4, max: 24, step: 4, value: patch }, (side) => {
        patch = side;
        see();
      }));
    choose(0);
    return [choices, html("p", {}, html("label", {}, "Or a picture of your own: ", file)), square,
      answer, turn, board, layers, inside, legend];
  }
});
