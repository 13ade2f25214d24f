"""Pictures as people have them: colour, huge, not square, turned, see-through, damaged."""

import numpy as np
import pytest
from PIL import Image

from fer_lib.data.picture import read_picture
from fer_lib.errors import UserError


def saved(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def test_a_face_of_the_right_form_comes_back_as_it_is(tmp_path):
    face = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
    found, notes = read_picture(saved(tmp_path / "a.png", face))
    np.testing.assert_array_equal(found, face)
    assert notes == ()


def test_a_large_colour_picture_is_cropped_resized_and_noted(tmp_path):
    wide = np.zeros((480, 960, 3), np.uint8)
    wide[:, 240:720] = 200  # the middle square is light, the sides are black
    found, notes = read_picture(saved(tmp_path / "a.png", wide))
    assert found.shape == (48, 48)
    assert found.dtype == np.uint8
    assert (found[:, 2:-2] == 200).all()  # the resizing looks a little over the edge
    assert len(notes) == 3
    assert "960 × 480" in notes[1]


def test_a_huge_photograph_is_read(tmp_path):
    huge = np.full((6000, 8000), 90, np.uint8)
    found, notes = read_picture(saved(tmp_path / "a.jpg", huge))
    assert abs(int(found[24, 24]) - 90) <= 1
    assert notes[-1] == "resized to 48 × 48"


def test_a_camera_turn_is_undone(tmp_path):
    half = np.zeros((48, 48), np.uint8)
    half[:, :24] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    found, _ = read_picture(saved(tmp_path / "a.png", half, exif=exif))
    np.testing.assert_array_equal(found, np.rot90(half, -1))


def test_sixteen_bits_and_transparency(tmp_path):
    deep = np.full((48, 48), 128 * 256, np.uint16)
    assert (read_picture(saved(tmp_path / "a.png", deep))[0] == 128).all()
    clear = np.zeros((48, 48, 4), np.uint8)  # black, but wholly see-through
    assert (read_picture(saved(tmp_path / "b.png", clear))[0] == 255).all()


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_does_not_open_is_told_in_one_line(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a picture that opens") as error:
        read_picture(path)
    assert "\n" not in str(error.value)


def test_a_cut_picture_a_missing_one_and_a_folder(tmp_path):
    face = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
    path = saved(tmp_path / "a.png", face)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UserError, match="not a picture that opens"):
        read_picture(path)
    with pytest.raises(UserError, match="no such file"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(UserError, match="not a picture"):
        read_picture(tmp_path)
