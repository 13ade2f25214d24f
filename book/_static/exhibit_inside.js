// Inside the network (page 5): what each layer makes of a face, the strongest channels first, and
// for the last layer what each filter looks for. All was computed when the page was made.
addEventListener("DOMContentLoaded", () => {
  const { html, picture } = exhibit;

  exhibit.show("inside", "Choose a face and a layer, and see its channels", (data) => {
    let [face, layer] = [data.faces[0], 0];
    const size = 48; // pixels of a face
    const parts = [0, 1, 2, 3].map(() => html("div", {}));
    const status = exhibit.status();
    let channels = html("fieldset", {});

    const show = (part, words, ...drawing) =>
      parts[part].replaceChildren(picture(...drawing), html("p", {}, words));

    // What is said of a filter of the last layer.
    function meaning({ expression, unit, lowered }) {
      const said = expression ? [`speaks for ${expression}`] : [];
      if (unit) said.push(`follows ${lowered ? "−" : ""}AU${unit}`);
      return said.join(" and ") || "speaks clearly for no expression";
    }

    // One of the channels: its map beside the face and, in the last layer, its pattern.
    function look(number) {
      const [channel, end, address] = face.layers[layer][number];
      const [count, side] = data.shapes[layer];
      show(1, `channel ${channel}: white is 0, the darkest ${end}`, address, side);
      status.textContent = `Channel ${channel} is number ${number + 1} of the ${count} channels ` +
        `of convolution ${layer + 1}, by how strongly they answer this face.`;
      parts.slice(2).forEach((part) => part.replaceChildren());
      if (layer < data.shapes.length - 1) return;
      const filter = data.filters[channel];
      if (filter.pattern) // of a large network not all are climbed
        show(2, `the pattern that excites filter ${channel} most`, filter.pattern, data.side);
      show(3, `the places of ${data.windows} faces that excite it most`, filter.windows,
        data.windows * data.side, data.side);
      status.textContent += ` Its filter ${meaning(filter)}.`;
    }

    function draw() {
      const side = data.shapes[layer][1];
      const last = layer === data.shapes.length - 1;
      const options = face.layers[layer].map(([channel, , address]) =>
        [picture(address, side), last ? data.filters[channel].label : channel]);
      const made = exhibit.choices("Channel, the strongest first", options, look);
      made.classList.add("channels");
      channels.replaceWith(made);
      channels = made;
      show(0, `the face: ${face.name}`, face.image, size);
      look(0);
    }

    const faces = exhibit.choices("Face",
      data.faces.map((each) => [picture(each.image, size), each.name]),
      (number) => { face = data.faces[number]; draw(); });
    const layers = exhibit.choices("Layer",
      data.shapes.map(([count, height, width], i) =>
        [html("span", {}, `convolution ${i + 1}`), `${count} channels of ${height} × ${width}`]),
      (number) => { layer = number; draw(); });
    layers.classList.add("layers");
    const box = html("div", {}, channels);
    draw();
    return [faces, layers, box, html("div", { class: "drawings" }, ...parts), status];
  });
});
