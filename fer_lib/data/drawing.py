"""Paint stylised faces: numbers in, 48 × 48 grey levels out, a whole batch at a time.

Only +, −, ×, ÷, √ and comparisons are used, which IEEE 754 rounds alike everywhere: the same face
has the same bytes on any machine. Coordinates are pixels of an upright face, (0, 0) between the
eyes and the mouth, x to the right and y down; features stand in `|x|`, so each is drawn once.
"""

import numpy as np

from fer_lib.data.faceset import SIZE

Array = np.ndarray
Layers = dict[str, Array]

# Trait → its range, drawn uniformly: identity first, then the photograph. None looks at the class.
TRAITS: dict[str, tuple[float, float]] = {
    "width": (15, 18.5), "chin": (22, 26), "jaw": (-0.3, 0.6), "skin": (0.25, 0.85),
    "hair": (0.02, 0.75), "hairline": (-23, -15), "sides": (0, 1), "fringe": (-0.4, 0.6),
    "brow_dark": (0.2, 1), "brow_thick": (0.9, 1.9), "brow_y": (-11.8, -9.8), "brow_arch": (0, 1.6),
    "eye_x": (7.2, 8.8), "eye_w": (3.2, 4.4), "eye_open": (1.2, 1.9), "iris": (0.05, 0.45),
    "nose_w": (2.6, 3.8), "nose_y": (3.6, 5.8), "mouth_y": (12, 14), "mouth_w": (5.2, 7.2),
    "lip": (0.8, 1.9), "lip_dark": (0.05, 0.4), "age": (0, 1), "beard": (-1.6, 1),
    "glasses": (-4, 1), "shoulders": (0, 1), "cloth": (0, 1),
    "gaze_x": (-1, 1), "gaze_y": (-0.5, 0.5),
    "shift_x": (-2.5, 2.5), "shift_y": (-2.5, 2.5), "scale": (0.86, 1.16), "roll": (-0.11, 0.11),
    "yaw": (-1, 1), "pitch": (-1, 1), "light_x": (-1, 1), "light_y": (-1, 0.3), "ambient": (0.3, 0.8),
    "background": (0, 1), "slope": (-1, 1), "gain": (0.7, 1.3), "level": (-0.12, 0.12),
    "hand": (-8, 1), "hand_side": (-1, 1), "blur": (0, 1), "grain": (0, 0.03), "watermark": (-6, 1),
    "watermark_y": (-18, 18), "mottle": (0.02, 0.16),
}  # fmt: skip


def cover(distance: Array) -> Array:
    """How much of a pixel lies inside an edge `distance` pixels away (negative inside): 0 to 1."""
    return np.clip(0.5 - distance, 0, 1)


def bump(x: Array, y: Array) -> Array:
    """A round hill of height 1 and radius 1, flat at 0 outside."""
    r = np.maximum(1 - x * x - y * y, 0)
    return r * r


def arc(t: Array) -> Array:
    """1 in the middle, 0 at t = ±1 and beyond."""
    return np.maximum(1 - t * t, 0)


def mix(under: Array, over: Array, alpha: Array) -> Array:
    """Lay `over` on `under`."""
    return under + (over - under) * alpha


def paint(u: dict[int, Array], t: dict[str, Array], noise: Array) -> tuple[Array, Layers]:
    """Images (N, 48, 48) uint8 and what lies where, name → (N, 48, 48) bool.

    Units and traits are (N, 1, 1) float32; `noise` is (N, 9216) uint8.
    """
    layers: Layers = {}
    hx, hy = _upright(t)
    jaw = 2.2 * u[26] + 3.6 * u[27]
    x = hx - t["yaw"] * 3.5 * arc(hx / 20)
    y = hy - t["pitch"] * 2.0 * arc(hy / 26)
    ax, sign = np.abs(x), np.where(x < 0, np.float32(-1), np.float32(1))
    r2 = _head(hx, hy, t, jaw)
    head = cover((np.sqrt(r2) - 1) * t["width"])
    relief = _relief(u, t, ax, y, r2, jaw)
    ink = t["skin"] * (1 + t["mottle"] * _mottle(noise))
    ink = _wrinkles(ink, u, t, ax, y)
    ink = _nose(ink, u, t, ax, y, layers)
    ink = _brows(ink, u, t, ax, y, layers)
    ink = _beard(ink, t, ax, y, jaw)
    ink = _mouth(ink, u, t, ax, x, y, jaw, layers)
    lit = ink * _light(relief, t)
    lit = _eyes(lit, u, t, ax, sign, y, layers)
    image = _around(lit, head, t, hx, hy, ax, y, jaw, layers)
    image = _photograph(image, t, hx, hy, noise, layers)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8), layers


def _upright(t: dict[str, Array]) -> tuple[Array, Array]:
    """Pixel positions in the upright face's own coordinates, each (N, 48, 48)."""
    g = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
    x, y = g[None, None, :] - t["shift_x"], g[None, :, None] - t["shift_y"]
    k = t["roll"]  # tangent of half the angle: a rotation without sine and cosine
    cos, sin = (1 - k * k) / (1 + k * k), 2 * k / (1 + k * k)
    return (cos * x + sin * y) / t["scale"], (cos * y - sin * x) / t["scale"]


def _head(x: Array, y: Array, t: dict[str, Array], jaw: Array) -> Array:
    """Squared radius of the head's outline: 1 on it, less inside."""
    X = x / t["width"]
    Y = y / np.where(y < 0, np.float32(27), t["chin"] + jaw)
    X, Y = X * X, Y * Y
    return X + Y - np.where(y < 0, 0.2, t["jaw"]) * X * Y


def _relief(u, t, ax, y, r2, jaw) -> Array:
    """Height of the skin towards the viewer in pixels."""
    lift = 1.6 * u[6] + 1.2 * u[12]
    h = 15 * np.sqrt(np.maximum(1.08 - r2, 0.02))
    h = h - 2.2 * bump((ax - t["eye_x"]) / 6, (y + 6.5) / 4.5)
    h += 2.6 * bump(ax / t["nose_w"], (y - t["nose_y"] + 1) / 5) + 1.8 * bump(ax / 3, (y + 2) / 9)
    h += 1.3 * bump((ax - 3.4) / 2, (y - t["nose_y"] + 0.9 * u[9] + 0.7 * u[10]) / 2)
    h += (1.2 + 1.6 * u[6] + 1.6 * u[12]) * bump((ax - 9.5) / 6, (y - 4 + lift) / 5.5)
    fold = 0.25 + 1.1 * t["age"] + 2.2 * u[12] + 1.6 * u[10] + 1.2 * u[9] + 0.5 * u[20]
    path = 4 + 0.42 * (y - 3) + 1.2 * u[12]
    h -= fold * bump((ax - path) / 1.8, (y - 8) / 6.5)
    h += 1.3 * bump(ax / 5, (y - 19 + 1.5 * u[17] - jaw) / 3.5) * (1 + u[17])
    h += 0.9 * bump((ax - 6) / 6, (y + 11 + 1.5 * u[1] - 1.5 * u[4]) / 3) * (1 + u[4])
    return h


def _light(h: Array, t: dict[str, Array]) -> Array:
    """Lambert's shading of the relief under one lamp and an even sky."""
    gx, gy = np.zeros_like(h), np.zeros_like(h)
    gx[:, :, 1:-1] = (h[:, :, 2:] - h[:, :, :-2]) / 2
    gx[:, :, 0], gx[:, :, -1] = gx[:, :, 1], gx[:, :, -2]
    gy[:, 1:-1] = (h[:, 2:] - h[:, :-2]) / 2
    gy[:, 0], gy[:, -1] = gy[:, 1], gy[:, -2]
    lx, ly = t["light_x"], t["light_y"]
    lamp = (1.2 - gx * lx - gy * ly) / np.sqrt((1 + gx * gx + gy * gy) * (1.44 + lx * lx + ly * ly))
    return t["ambient"] + (1.3 - t["ambient"]) * np.maximum(lamp, 0)


def _wrinkles(ink, u, t, ax, y) -> Array:
    forehead = 0.05 * t["age"] + 0.3 * (
        u[1] * bump(ax / 9, 0 * y) + u[2] * bump((ax - 7) / 8, 0 * y)
    )
    for line in (-16.5, -14):
        ink = ink * (1 - forehead * bump(ax / 13, (y - line + 0.4 * arc(ax / 13)) / 0.9))
    ink = ink * (1 - 0.5 * u[4] * bump((ax - 1.3) / 1.1, (y + 9.5) / 3.2))
    ink = (
        ink
        * (1 - 0.45 * u[9] * bump(ax / 3, (y + 5) / 0.9))
        * (1 - 0.4 * u[9] * bump(ax / 3.4, (y + 3) / 0.9))
    )
    crow = 0.3 * u[6] * bump((ax - t["eye_x"] - 6) / 2.5, (y + 5.5) / 2.5)
    bag = (0.15 * t["age"] + 0.3 * u[6] + 0.2 * u[7]) * bump(
        (ax - t["eye_x"]) / 4.5, (y + 3.4) / 0.9
    )
    return ink * (1 - crow) * (1 - bag)


def _nose(ink, u, t, ax, y, layers) -> Array:
    up = 0.8 * u[9] + 0.6 * u[10]
    layers["nose"] = (ax < t["nose_w"] + 1.2) & (y > -3) & (y < t["nose_y"] + 2.5)
    nostril = bump((ax - 1.9) / 1.5, (y - t["nose_y"] - 1.4 + up) / 0.9)
    wing = bump((ax - t["nose_w"] - 1) / 0.9, (y - t["nose_y"] + up) / 2)
    return ink * (1 - 0.75 * nostril) * (1 - (0.25 + 0.3 * u[9]) * wing)


def _brows(ink, u, t, ax, y, layers) -> Array:
    s = (ax - 2.6 + 0.9 * u[4]) / 10.5  # 0 at the inner end, 1 at the outer
    inner = np.clip(1 - s, 0, 1)
    line = t["brow_y"] - t["brow_arch"] * arc((s - 0.6) / 0.6) + 0.8 * np.clip(s - 0.6, 0, 1)
    line = line - 3.2 * u[1] * inner * inner - 2.8 * u[2] * arc((s - 0.75) / 0.75)
    line = line + u[4] * (1.4 + 1.6 * inner * inner) + u[9] * 1.2 * inner
    alpha = bump((y - line) / (t["brow_thick"] * (1.15 - 0.5 * np.clip(s, 0, 1))), 0 * y)
    alpha = alpha * np.clip(s * 6 + 0.5, 0, 1) * np.clip((1 - s) * 4, 0, 1)
    layers["brows"] = alpha > 0.1
    return ink * (1 - 0.85 * t["brow_dark"] * np.minimum(1.6 * alpha, 1))


def _beard(ink, t, ax, y, jaw) -> Array:
    area = cover(12.5 - y - 0.02 * ax * ax) * cover(4 - y) * cover(ax - 16)
    lip = bump(ax / 8, (y - t["mouth_y"] + 3) / 2.5)
    return ink * (1 - np.maximum(t["beard"], 0) * 0.7 * np.maximum(area, lip))


def _mouth(ink, u, t, ax, x, y, jaw, layers) -> Array:
    half = t["mouth_w"] * (
        1 + 0.32 * u[12] + 0.3 * u[20] - 0.22 * u[23] - 0.1 * u[24] - 0.2 * u[27] - 0.1 * u[26]
    )
    m = ax / half
    a, m2 = arc(m), m * m
    corner = -3.0 * u[12] + 2.6 * u[15] + 0.8 * u[20]
    line = t["mouth_y"] - 0.9 * u[17] + corner * np.minimum(m2, 1.2) + 0.8 * u[12]
    press = 1 - 0.85 * u[24]
    up = press * (1.2 * u[25] + 1.0 * u[10] * (u[25] + 0.3) + 0.9 * u[26] + 1.2 * u[27])
    down = press * (1.6 * u[25] + 1.4 * u[16] + 4.0 * u[26] + 7.0 * u[27] + 0.8 * u[12] * u[25])
    top = line - up * a - 0.6 * u[10]
    bottom = line + down * a
    thick = t["lip"] * (1 - 0.6 * u[23] - 0.7 * u[24] - 0.25 * u[12])
    upper = cover(np.maximum(top - thick * a - y, y - top)) * cover((m - 1) * half)
    lower = cover(np.maximum(bottom - y, y - bottom - 1.3 * thick * a)) * cover((m - 1) * half)
    ink = ink * (1 - t["lip_dark"] * upper) * (1 - 0.6 * t["lip_dark"] * lower)
    ink = ink * (1 - (0.3 + 0.3 * u[17]) * bump(ax / 5, (y - bottom - 2.2 * thick - 1.2) / 1.3))
    seam = bump((y - line) / 1.0, 0 * y) * cover((m - 1.02) * half)
    gap = cover(np.maximum(top - y, y - bottom)) * cover((m - 1) * half)
    open_ = np.minimum(up + down, 1)
    ink = ink * (1 - (0.55 + 0.3 * u[24]) * seam * (1 - open_))
    teeth = np.maximum(
        cover(y - top - 1.9 - 0.6 * u[12] - u[10]),
        0.8 * cover(bottom - y - 1.2 * (u[16] + 0.6 * u[20])) * (u[16] + u[20] > 0),
    )
    showing = np.clip(0.3 + u[12] + u[10] + 0.8 * u[20] + u[16], 0, 1)
    inside = 0.07 + 0.78 * teeth * showing * np.clip(1.3 - m2, 0, 1)
    corner_dark = bump((ax - half) / 1.6, (y - line) / 1.6)
    ink = ink * (1 - 0.4 * corner_dark)
    layers["mouth"] = (y > top - thick - 1.5) & (y < bottom + 1.3 * thick + 1.5) & (m < 1.15)
    return mix(ink, inside, gap * open_)


def _eyes(lit, u, t, ax, sign, y, layers) -> Array:
    e = (ax - t["eye_x"]) / t["eye_w"]
    a = arc(e)
    squint = 1 - 0.45 * u[7] - 0.35 * u[6] - 0.3 * u[9] - 0.2 * u[4]
    up = t["eye_open"] * np.maximum(squint, 0.15) + 1.3 * u[5]
    low = 0.85 * t["eye_open"] * np.maximum(squint, 0.15) - 0.25 * u[6] + 0.2 * u[5]
    cy = -6 - 0.3 * u[6]
    top, bottom = cy - up * a, cy + low * a
    white = cover(np.maximum(top - y, y - bottom)) * (a > 0)
    dx, dy = ax - t["eye_x"] - t["gaze_x"] * sign, y - cy - t["gaze_y"]
    r = np.sqrt(dx * dx + dy * dy)
    ball = mix(np.float32(0.85), t["iris"], cover(r - 1.75))
    ball = mix(ball, np.float32(0.03), cover(r - 0.7))
    ball = mix(ball, np.float32(0.95), 0.8 * bump((dx - 0.6 * sign) / 0.9, (dy + 0.6) / 0.9))
    shade = np.minimum(lit * 1.1 + 0.25, 1)
    lit = mix(lit, ball * shade, white)
    lash = bump((y - top) / 0.95, 0 * y) * np.minimum(2 * a, 1)
    under = bump((y - bottom) / 0.8, 0 * y) * np.minimum(2 * a, 1)
    crease = bump((y - top + 1.7) / 0.8, 0 * y) * np.minimum(2 * a, 1)
    layers["eyes"] = (y > top - 2) & (y < bottom + 1.5) & (np.abs(e) < 1.2)
    return lit * (1 - 0.8 * lash) * (1 - 0.3 * under) * (1 - 0.25 * crease)


def _around(lit, head, t, hx, hy, ax, y, jaw, layers) -> Array:
    back = t["background"] + 0.25 * t["slope"] * hx / 24 + 0 * hy
    trunk = cover(24 + jaw - hy + 9 - 0.3 * np.abs(hx)) * (t["shoulders"] > 0.3)
    neck = cover(np.abs(hx) - 0.6 * t["width"]) * cover(14 - hy)
    image = mix(back, 0.55 * lit, neck)
    image = mix(image, 0.15 + 0.7 * t["cloth"] + 0 * hx, trunk)
    image = mix(image, lit, head)
    cap = t["hairline"] + t["fringe"] * 0.02 * hx * np.abs(hx) + 0.022 * hx * hx * t["sides"]
    crown = cover((hx * hx / ((t["width"] + 2) * (t["width"] + 2)) + hy * hy / 820 - 1) * 10)
    long = (
        cover(np.abs(hx) - t["width"] - 3.5)
        * cover(t["width"] - 0.5 - np.abs(hx) + 0.05 * np.abs(hy))
        * (t["sides"] > 0.5)
    )
    hair = np.maximum(crown * cover(hy - cap), long * cover(-hy - 30))
    image = mix(image, t["hair"] * (0.8 + 0.3 * lit), hair)
    ring = np.abs(
        np.sqrt((ax - t["eye_x"]) * (ax - t["eye_x"]) + 1.3 * (y + 5.5) * (y + 5.5)) - 5.3
    )
    frame = np.maximum(bump(ring / 1.2, 0 * y), bump((y + 6.5) / 0.9, 0 * y) * (ax < 3.2)) * (
        t["glasses"] > 0
    )
    image = image * (1 - 0.8 * frame)
    hx2, hy2 = hx * np.where(t["hand_side"] < 0, np.float32(-1), np.float32(1)) - 14, hy - 18
    hand = cover((np.sqrt(hx2 * hx2 / 36 + hy2 * hy2 / 64) - 1) * 6) * (t["hand"] > 0)
    image = mix(image, t["skin"] * (0.85 - 0.25 * bump((hx2 - 1) / 1, 0 * hy)), hand)
    layers["hair"], layers["glasses"], layers["hand"] = hair > 0.3, frame > 0.1, hand > 0.3
    layers["shoulders"], layers["background"] = (
        (trunk > 0.3) & (head < 0.5),
        (head < 0.5) & (hair < 0.5) & (trunk < 0.3),
    )
    skin = (head > 0.5) & (hair < 0.5)
    layers["forehead"] = skin & (y < -12)
    layers["cheeks"] = skin & (ax > 5) & (y > -3) & (y < 11)
    layers["light edge"] = (head > 0.05) & (head < 0.95)
    return image


def _photograph(image, t, hx, hy, noise, layers) -> Array:
    soft = (image[:, :, :-2] + image[:, :, 2:] + 2 * image[:, :, 1:-1]) / 4
    image[:, :, 1:-1] = mix(image[:, :, 1:-1], soft, t["blur"])
    soft = (image[:, :-2] + image[:, 2:] + 2 * image[:, 1:-1]) / 4
    image[:, 1:-1] = mix(image[:, 1:-1], soft, t["blur"])
    image = 0.5 + (image - 0.45) * t["gain"] + t["level"]
    band = bump((hy - t["watermark_y"]) / 2.5, 0 * hx) * (t["watermark"] > 0)
    stroke = np.abs(hx * 0.4 - np.floor(hx * 0.4) - 0.5) * 2 * band
    layers["watermark"] = stroke > 0.1
    image = image + 0.18 * stroke
    grain = noise.reshape(-1, 4, SIZE, SIZE).astype(np.float32).sum(1) / 255 - 2
    return image + t["grain"] * grain


def _mottle(noise: Array) -> Array:
    """Slow unevenness of skin and light: a 7 × 7 grid of numbers, spread over the picture."""
    grid = noise[:, :49].reshape(-1, 7, 7).astype(np.float32) / 127.5 - 1
    at = np.arange(SIZE, dtype=np.float32) / 8
    i = at.astype(int)
    f = at - i
    rows = grid[:, i] * (1 - f)[None, :, None] + grid[:, np.minimum(i + 1, 6)] * f[None, :, None]
    return rows[:, :, i] * (1 - f) + rows[:, :, np.minimum(i + 1, 6)] * f
