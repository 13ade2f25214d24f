import io
import os
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
    assert notes == ("2 pictures in color turned into grey",)


def test_another_size_keeps_the_middle_square_with_a_note():
    wide = np.zeros((96, 192), np.uint8)
    wide[:, 48:144] = 255  # the middle square
    images, notes = read(encoded(wide))
    assert (images[:, :, 1:-1] == 255).all()  # the filter reaches over the edge
    assert notes == ("1 picture cropped to the middle square and resized to 48 × 48",)


def test_sixteen_bits_keep_their_upper_eight():
    deep = GREY.astype(np.uint16) * 256 + 99
    images, notes = read(encoded(deep))
    np.testing.assert_array_equal(images[0], GREY)
    assert notes == ("1 picture of 16 bits in 16 turned into 8",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        encoded(GREY)[:100],
        encoded(GREY, "JPEG")[:200],
        encoded(GREY, "PPM"),
        empty_png(0, 0),
        empty_png(0, 48),
        empty_png(48, 48),
        empty_png(50_000, 50_000),
        empty_png(2**31 - 1, 2**31 - 1),
    ],
)
def test_what_is_no_image_is_named_in_one_line(data):
    with pytest.raises(UserError, match=r"^set\.zip: 1\.png: not a picture that opens \(.+\)") as e:
        read(encoded(GREY), data)
    assert "\n" not in str(e.value)


def test_a_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(UserError, match="9000 × 9000 pixels; up to 64 megapixels"):
        read(encoded(GREY), empty_png(9000, 9000))


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
    assert notes == (
        "in color turned into grey",
        "cropped to the middle square and resized to 48 × 48",
    )


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
    with pytest.raises(UserError, match="a folder; give one picture"):
        read_picture(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")  # to open it would wait for ever
    with pytest.raises(UserError, match="no such file"):
        read_picture(tmp_path / "pipe.png")


def mode_1(grey):
    return Image.fromarray(grey).point(lambda level: 255 * (level > 127)).convert("1")


def palette(grey):
    return Image.fromarray(grey).convert("P")


def deep(bits):
    """Grey levels in 16 bits of which `bits` are used, as cameras and numpy write them."""
    return lambda grey: Image.fromarray(grey.astype(np.uint16) << (bits - 8))


def seethrough(grey):
    """The same picture, each pixel black and as opaque as it is dark."""
    layers = np.zeros((48, 48, 4), np.uint8)
    layers[..., 3] = 255 - grey
    return Image.fromarray(layers)


SAVED = {
    "png": (Image.fromarray, "PNG", {}, 0),
    "bmp": (Image.fromarray, "BMP", {}, 0),
    "gif": (Image.fromarray, "GIF", {}, 0),
    "webp": (Image.fromarray, "WEBP", {"lossless": True}, 0),
    "tiff": (Image.fromarray, "TIFF", {}, 0),
    "jpg": (Image.fromarray, "JPEG", {"quality": 100}, 2),
    "color": (lambda grey: Image.fromarray(grey).convert("RGB"), "PNG", {}, 0),
    "cmyk": (lambda grey: Image.fromarray(grey).convert("CMYK"), "TIFF", {}, 1),
    "cmyk jpg": (lambda grey: Image.fromarray(grey).convert("CMYK"), "JPEG", {"quality": 100}, 4),
    "palette": (palette, "PNG", {}, 0),
    "8 bits in 16": (deep(8), "PNG", {}, 0),
    "12 bits in 16": (deep(12), "TIFF", {}, 0),
    "16 bits": (deep(16), "PNG", {}, 0),
    "16 bits, tiff": (deep(16), "TIFF", {}, 0),
    "fractions": (lambda g: Image.fromarray((g / 255).astype(np.float32)), "TIFF", {}, 0),
    "floats": (lambda g: Image.fromarray(g.astype(np.float32)), "TIFF", {}, 0),
    "transparent": (seethrough, "PNG", {}, 1),
}


@pytest.mark.parametrize("kind", SAVED)
def test_a_picture_saved_in_every_mode_reads_to_the_same_pixels(tmp_path, kind):
    """By each way in: as a picture to explain, and as one of a data set."""
    make, form, options, tolerance = SAVED[kind]
    buffer = io.BytesIO()
    make(GREY).save(buffer, form, **options)
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    alone, (in_set, _) = read_picture(tmp_path / "a.png")[0], read(buffer.getvalue())
    assert np.abs(alone.astype(int) - GREY).max() <= tolerance
    np.testing.assert_array_equal(in_set[0], alone)


def test_of_an_animation_the_first_frame_is_read(tmp_path):
    first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    image, notes = read_picture(tmp_path / "a.gif")
    np.testing.assert_array_equal(image, GREY)
    assert notes[0] == "of several frames, of which the first is read"


@pytest.mark.parametrize("value", [-1.0, 300.0, np.nan, np.inf])
def test_fractions_of_an_unknown_range_are_refused(tmp_path, value):
    Image.fromarray(np.full((48, 48), value, np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(UserError, match=r"a\.tif: not a picture that opens \((grey|fractions)"):
        read_picture(tmp_path / "a.tif")


def test_postscript_is_never_given_to_ghostscript(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a program was started"))
    Image.fromarray(GREY).save(tmp_path / "a.png", "EPS")
    with pytest.raises(UserError, match="an unknown kind of file"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("data", "why"), [(b"", "empty"), (b"\0\0\0\x18ftypheic", "HEIC"), (b"<html>", "a web page")]
)
def test_what_it_is_instead_is_said_and_no_object_s_address(tmp_path, data, why):
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(UserError, match=why) as error:
        read_picture(tmp_path / "a.jpg")
    assert "BytesIO" not in str(error.value)
