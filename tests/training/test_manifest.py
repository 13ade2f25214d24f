import torch

from fer_lib.training import manifest


def test_a_graphics_card_has_a_name_and_no_threads(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a card")
    told = manifest.environment_info()
    assert (told["machine"]["processor"], told["threads"]) == ("a card", 0)


def test_a_processor_has_threads(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert manifest.environment_info()["threads"] == torch.get_num_threads()
