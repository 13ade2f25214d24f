import tiny
import torch

from fer_lib.training import prediction


def test_predictions_do_not_hang_on_the_batch(monkeypatch):
    torch.manual_seed(0)
    model, images = tiny.network(), tiny.faces().validation.images
    whole = prediction.predict(model, images, 7)
    monkeypatch.setattr(prediction, "BATCH", 7)
    parts = prediction.predict(model, images, 7)
    torch.testing.assert_close(parts, whole, rtol=1e-5, atol=1e-6)
