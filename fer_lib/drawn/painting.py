"""Paint stylised faces: numbers in, 48 × 48 grey levels out, a whole batch at a time."""

import numpy as np

from fer_lib.data.faceset import SIZE
from fer_lib.drawn import features
from fer_lib.drawn.canvas import Array, Canvas, arc, band, bump, cover, mix


def paint(
    units: dict[int, Array], traits: dict[str, Array], noise: Array
) -> tuple[Array, dict[str, Array]]:
    """Images (N, 48, 48) uint8 and what lies where, name → (N, 48, 48) bool.

    Units and traits are (N, 1, 1) float32; `noise` is (N, 4, 48, 48) uint8, evenly spread.
    """
    c = Canvas(units, traits, noise)
    radius2 = _head(c)
    ink = c.t["skin"] * (1 + c.t["mottle"] * c.patches(6) + c.t["rough"] * c.patches(20))
    # These lie on the skin and are shaded with it; eyes are wet and shine by themselves.
    for feature in (features.wrinkles, features.nose, features.brows, _beard, features.mouth):
        ink = feature(c, ink)
    lit = features.eyes(c, ink * _light(c, features.relief(c, radius2)))
    image = _photograph(c, _surroundings(c, lit, radius2))
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8), c.layers


def _head(c: Canvas) -> Array:
    """Squared radius of the head's outline: 1 on it, less inside."""
    x = c.hx / c.t["width"]
    below = c.hy - c.drop * np.clip((c.hy - 8) / 14, 0, 1)  # only the jaw hangs lower
    # two half ellipses, one above and one below the middle
    y = below / np.where(below < 0, np.float32(27), c.t["chin"])
    x, y = x * x, y * y
    # the product makes the corners of temples and jaw rounder or squarer
    return x + y - np.where(c.hy < 0, np.float32(0.2), c.t["jaw"]) * x * y


def _light(c: Canvas, height: Array) -> Array:
    """Lambert's shading of the relief under one lamp and an even sky."""
    gx, gy = np.zeros_like(height), np.zeros_like(height)
    # slopes from both neighbours; the outermost pixels have one, and take the next one's
    gx[:, :, 1:-1] = (height[:, :, 2:] - height[:, :, :-2]) / 2
    gy[:, 1:-1] = (height[:, 2:] - height[:, :-2]) / 2
    gx[:, :, 0], gx[:, :, -1], gy[:, 0], gy[:, -1] = gx[:, :, 1], gx[:, :, -2], gy[:, 1], gy[:, -2]
    lx, ly, lz = c.t["light_x"], c.t["light_y"], np.float32(1.2)
    # the cosine between the lamp's direction and the skin's normal, (−gx, −gy, 1)
    lengths = np.sqrt((1 + gx * gx + gy * gy) * (lz * lz + lx * lx + ly * ly))
    facing = np.maximum((lz + gx * -lx + gy * -ly) / lengths, 0)
    return c.t["ambient"] + (1.2 - c.t["ambient"]) * facing


def _beard(c: Canvas, ink: Array) -> Array:
    # below a line that climbs towards the ears, and above the lip
    cheeks = np.clip((c.y + 0.03 * c.ax * c.ax - 11) / 5, 0, 1)
    lip = bump(c.x / 7.5, (c.y - c.t["mouth_y"] + 3.2) / 2.2)
    return ink * (1 - 0.7 * np.maximum(c.t["beard"], 0) * np.maximum(cheeks, lip))


def _surroundings(c: Canvas, lit: Array, radius2: Array) -> Array:
    """Background, neck, shoulders, head, hair, glasses and hand, from the back to the front."""
    t, hx, hy = c.t, c.hx, c.hy
    wide = np.abs(hx)
    head = cover((np.sqrt(radius2) - 1) * t["width"] / 2)  # two pixels soft
    trunk = cover(29 + c.drop - hy - 0.3 * wide) * (t["shoulders"] > 0)
    # from the back to the front: each is laid over what stands behind it
    image = t["background"] + t["slope"] * hx / 12 + 0.2 * c.patches(4) + 0.15 * c.patches(9)
    # the neck lies in the shadow of the head
    image = mix(image, 0.6 * lit, cover(wide - 0.65 * t["width"]) * cover(12 - hy))
    image = mix(image, t["cloth"] * (1 + 0.2 * c.patches(10)), trunk)
    hair_tone = t["hair"] * (0.75 + 0.5 * np.abs(c.patches(12)))
    behind = cover(wide - t["width"] - 3) * cover(hy - 40 * t["long_hair"])
    behind = behind * cover(-hy - 24 + 0.02 * hx * hx)
    image = mix(image, hair_tone, behind)
    image = mix(image, lit, head)
    # a parabola, highest where the hair is parted
    rim = t["hairline"] + 0.035 * (hx - 8 * t["parting"]) * (hx - 8 * t["parting"])
    skull = t["width"] + 2  # the hair stands two pixels off
    # hair above the hairline, within the skull
    crown = cover((np.sqrt(hx * hx / (skull * skull) + hy * hy / 900) - 1) * 18)
    top = crown * np.clip((rim - hy) / 2 + 0.5, 0, 1)
    image = mix(image, hair_tone * (0.7 + 0.4 * lit), top)
    c.layers["hair"] = (top > 0.3) | ((behind > 0.3) & (head < 0.5))
    c.layers["shoulders"] = (trunk > 0.3) & (head < 0.5)
    c.layers["background"] = (np.maximum(head, np.maximum(top, behind)) < 0.5) & (trunk < 0.3)
    c.layers["light edge"] = (head > 0.05) & (head < 0.95)
    # skin only where no hair covers it, so these come after the hair
    skin = (head > 0.5) & (top < 0.5)
    c.layers["forehead"] = skin & (c.y < -12)
    c.layers["cheeks"] = skin & (c.ax > 5) & (c.y > -2) & (c.y < 11)
    return _hand(c, _glasses(c, image))


def _glasses(c: Canvas, image: Array) -> Array:
    dx, dy = c.ax - c.t["eye_x"], c.y - features.EYE_Y - 0.5
    ring = band((np.sqrt(dx * dx + 1.5 * dy * dy) - 5.6) / 1.2)
    bridge = band((dy + 1.2) / 0.9) * ((c.ax < c.t["eye_x"] - 5) | (c.ax > c.t["eye_x"] + 5.5))
    frame = np.maximum(ring, bridge) * (c.t["glasses"] > 0) * (c.ax < c.t["width"])
    c.layers["glasses"] = frame > 0.1
    return image * (1 - 0.85 * frame)


def _hand(c: Canvas, image: Array) -> Array:
    """Fingers laid on the chin or a cheek, never on more than one side of the face."""
    dx, dy = c.hx - c.t["hand_x"], c.hy - 21
    hand = cover((np.sqrt(dx * dx / 25 + dy * dy / 64) - 1) * 5) * (c.t["hand"] > 0)
    # four fingers: dark lines at equal distances
    fingers = np.abs(dx / 2.8 - np.floor(dx / 2.8) - 0.5)
    c.layers["hand"] = hand > 0.3
    return mix(image, c.t["skin"] * (1.05 - 0.9 * fingers * fingers * 2), hand)


def _photograph(c: Canvas, image: Array) -> Array:
    """Blur, exposure, a stock agency's faint lettering, and the sensor's grain."""
    t = c.t
    # a binomial blur, along x and then along y; the outermost pixels stay sharp
    soft = (image[:, :, :-2] + image[:, :, 2:] + 2 * image[:, :, 1:-1]) / 4
    image[:, :, 1:-1] = mix(image[:, :, 1:-1], soft, t["blur"])
    soft = (image[:, :-2] + image[:, 2:] + 2 * image[:, 1:-1]) / 4
    image[:, 1:-1] = mix(image[:, 1:-1], soft, t["blur"])
    image = 0.5 + (image - 0.48) * t["gain"] + t["level"]
    line = arc((c.hy - t["watermark_y"]) / 3) * (t["watermark"] > 0)
    # a random byte decides 24 pixels: the line stands on the left, the right, both or nowhere
    letters = line * (c.noise[:, :1, :1].repeat(24, 3)[:, 0, :, :SIZE] > 128)
    c.layers["watermark"] = letters > 0.1
    # the sum of four uniform numbers is nearly normal, and the same on every machine
    grain = c.noise.astype(np.float32).sum(1) / 255 - 2
    return image + 0.2 * letters + t["grain"] * grain
