"""The data of the exhibits: what the scripts are given is what the network says."""

import json
import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import torch
from PIL import Image

from fer_lib.data.faceset import to_input
from fer_lib.drawn.faces import render, validation_faces
from fer_lib.networks.models import ShallowCNN
from fer_lib.questions import saliency
from fer_lib.report.exhibits import cover, exhibit


def test_no_text_ends_the_script():
    html = exhibit("x", name="</script><b>").data
    assert html.count("<") == 2


def test_a_page_s_data_are_what_the_network_says():
    """Of any network and any faces, as in a report on a user's own."""
    torch.manual_seed(0)
    model = ShallowCNN().eval()
    images, labels = render(validation_faces()[:2]), np.array([3, 0])
    covered = saliency.cover(model, images, labels, stride=20)
    html = cover(covered, ["one", "</script>"]).data
    data = json.loads(re.fullmatch(r"<script [^>]*>(.*)</script>", html)[1])
    with torch.no_grad():
        for image, face in zip(images, data["faces"], strict=True):
            x = to_input(image[None])
            np.testing.assert_allclose(face["logits"], model(x)[0], atol=0.001)
            x[..., 20:28, 40:48] = 0
            np.testing.assert_allclose(face["covered"][1][2], model(x)[0], atol=0.001)
            stored = Image.open(BytesIO(b64decode(face["image"].split(",")[1])))
            np.testing.assert_array_equal(np.asarray(stored), image)
    maps = saliency.occlusion(model, to_input(images), torch.tensor(labels), stride=20)[:, 0]
    np.testing.assert_allclose(covered.maps, maps, atol=1e-5)
