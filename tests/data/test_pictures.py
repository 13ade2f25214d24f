import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fer_lib.data.archives import Source
from fer_lib.data.pictures import read_images, read_picture
from fer_lib.errors import UserError


def read(*files):
    names = tuple(f"{i}.png" for i in range(len(files)))
    source = Source("set.zip", names, lambda name: io.BytesIO(files[names.index(name)]))
    return read_images(source, names)


def encoded(array, kind="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind)
    return buffer.getvalue()


def empty_png(width, height):
    """The header of a png of that size, with no pixels behind it."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


GREY = np.arange(2304, dtype=np.uint64).reshape(48, 48).astype(np.uint8)


def test_a_grey_png_is_read_as_it_is_and_without_a_note():
    images, notes = read(encoded(GREY))
    np.testing.assert_array_equal(images[0], GREY)
    assert notes == ()


def test_a_jpg_is_read_as_pillow_decodes_it():
    data = encoded(GREY, "JPEG")
    np.testing.assert_array_equal(read(data)[0][0], np.asarray(Image.open(io.BytesIO(data))))


def test_colour_becomes_luma_with_a_note():
    colour = np.zeros((48, 48, 3), np.uint8)
    colour[..., 1] = 200
    images, notes = read(encoded(colour), encoded(GREY), encoded(colour))
    assert np.unique(images[0]) == round(0.587 * 200)  # ITU-R 601-2
    assert notes == ("2 images in colour turned into grey",)


def test_another_size_keeps_the_middle_square_with_a_note():
    wide = np.zeros((96, 192), np.uint8)
    wide[:, 48:144] = 255  # the middle square
    images, notes = read(encoded(wide))
    assert (images[:, :, 1:-1] == 255).all()  # the filter reaches over the edge
    assert notes == ("1 images cropped to the middle square and resized to 48 × 48",)


def test_sixteen_bits_keep_their_upper_eight():
    deep = GREY.astype(np.uint16) * 256 + 99
    images, notes = read(encoded(deep))
    np.testing.assert_array_equal(images[0], GREY)
    assert notes == ("1 images of 16 bits turned into 8",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        encoded(GREY)[:100],
        encoded(GREY, "JPEG")[:200],
        encoded(GREY, "TIFF"),
        empty_png(0, 0),
        empty_png(0, 48),
        empty_png(48, 48),
        empty_png(50_000, 50_000),
        empty_png(2**31 - 1, 2**31 - 1),
    ],
)
def test_what_is_no_image_is_named_in_one_line(data):
    with pytest.raises(UserError, match=r"^set\.zip: 1\.png: not an image that opens \(.+\)") as e:
        read(encoded(GREY), data)
    assert "\n" not in str(e.value)


def test_a_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(UserError, match="8000 × 8000 pixels; 1 to 4096 a side"):
        read(encoded(GREY), empty_png(8000, 8000))


def saved(path, array, **options):
    """A picture as people have it: in colour, huge, not square, turned, see-through or damaged."""
    Image.fromarray(array).save(path, **options)
    return path


def test_a_face_of_the_right_form_comes_back_as_it_is(tmp_path):
    found, notes = read_picture(saved(tmp_path / "a.png", GREY))
    np.testing.assert_array_equal(found, GREY)
    assert notes == ()


def test_a_large_colour_picture_is_cropped_resized_and_noted(tmp_path):
    wide = np.zeros((480, 960, 3), np.uint8)
    wide[:, 240:720] = 200  # the middle square is light, the sides are black
    found, notes = read_picture(saved(tmp_path / "a.png", wide))
    assert found.shape == (48, 48)
    assert found.dtype == np.uint8
    assert (found[:, 2:-2] == 200).all()  # the resizing looks a little over the edge
    assert len(notes) == 3
    assert notes[0] == "of 960 × 480 pixels"


def test_a_huge_photograph_is_read(tmp_path):
    huge = np.full((6000, 8000), 90, np.uint8)
    found, notes = read_picture(saved(tmp_path / "a.jpg", huge))
    assert abs(int(found[24, 24]) - 90) <= 1
    assert notes[-1].endswith("resized to 48 × 48")


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
    path = saved(tmp_path / "a.png", GREY)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="not a picture that opens"):
        read_picture(path)
    with pytest.raises(UserError, match="no such file"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(UserError, match="not a picture"):
        read_picture(tmp_path)
