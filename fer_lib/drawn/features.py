"""The features that action units move: brows, eyes, nose, mouth, and the skin's relief between.

Each function takes the tone so far, (N, 48, 48), and gives it back with its feature on it. What a
unit does where is FACS's appearance change, brought down to 48 pixels; the amounts are ours.
"""

import numpy as np

from fer_lib.drawn.canvas import Array, Canvas, arc, band, bump, cover, mix

# pixels above the middle; eyes differ in their distance and size, never in their height
EYE_Y = -5.2


def relief(c: Canvas, radius2: Array) -> Array:
    """Height of the skin towards the viewer, in pixels; the light makes it visible."""
    u, t, ax, y = c.u, c.t, c.ax, c.y
    lift = 1.4 * u[6] + 1.2 * u[12]
    # the head is half an ellipsoid; what follows is added to it or dug into it
    h = 15 * np.sqrt(np.maximum(1.08 - radius2, 0.02))
    h -= 2.6 * bump((ax - t["eye_x"]) / 6.5, (y - EYE_Y) / 4.2)  # sockets
    nose = np.abs(c.x - 1.2 * t["yaw"])
    # the nose's ball, then its bridge; they move aside as the head turns
    h += 2.8 * bump(nose / (t["nose_width"] + 0.6), (y - t["nose_y"] + 1) / 5)
    h += 1.8 * bump(nose / 3, (y + 2) / 9)
    h += (1.0 + 1.8 * u[6] + 1.4 * u[12]) * bump((ax - 10) / 5, (y - 3.5 + lift) / 5)  # cheeks
    # the furrow from nose to mouth: a smile, a snarl and a stretched mouth deepen it
    fold = 0.2 + t["fold"] + 2.6 * u[12] + 1.8 * u[10] + 0.5 * u[20]
    path = 4.2 + 0.4 * (y - 4) + 1.2 * u[12]  # from the nose's wing past the lips' corner
    h -= fold * bump((ax - path) / 1.9, (y - 8.5) / 6)
    # a wrinkled nose digs in beside its root
    h -= 1.6 * u[9] * bump((ax - 5) / 1.9, (y - 4.5) / 3.5)
    # the chin's ball hangs with the jaw, and 17 pushes it up
    chin = 1.2 * (1 + 1.2 * u[17])
    h += chin * bump(c.x / 5, (y - 20.5 + 1.5 * u[17] - c.drop) / 3.5)
    # the ridge of the brows: 4 makes it higher, and moves it down as 1 moves it up
    brow = 0.9 + 1.3 * u[4]
    return h + brow * bump((ax - 6) / 6, (y + 9.5 + 1.8 * u[1] - 1.5 * u[4]) / 3)


def wrinkles(c: Canvas, ink: Array) -> Array:
    """Lines of the forehead (1, 2), between the brows (4), at the nose's root (9), at the eyes."""
    u, t, ax, y = c.u, c.t, c.ax, c.y
    # across the forehead: raised brows make these lines, age keeps them
    raised = 0.08 * t["age"] + 0.25 * u[1] * arc(ax / 9) + 0.22 * u[2] * arc((ax - 8) / 6)
    for line in (-16.5, -14):
        ink = ink * (1 - raised * bump(ax / 13, (y - line + 0.5 * arc(ax / 13)) / 0.9))
    # upright between the brows: 4 makes it, and some faces have it at rest
    furrow = np.maximum(t["furrow"], 0)
    ink = ink * (1 - (furrow + 0.6 * u[4]) * bump((ax - 1.4) / 1.1, (y + 8.5) / 3.2))
    for line in (-4.5, -2.5):
        ink = ink * (1 - 0.5 * (furrow + u[9]) * bump(ax / 3.6, (y - line) / 0.9))
    # crow's feet at the outer corners, bags below the eyes
    outer = ax - t["eye_x"]
    crow = 0.35 * u[6] * bump((outer - 5.8) / 2.2, (y - EYE_Y - 0.5) / 2.5)
    bag = 0.12 * t["age"] + 0.3 * u[6] + 0.2 * u[7]
    return ink * (1 - crow) * (1 - bag * bump(outer / 4.5, (y - EYE_Y - 3) / 0.9))


def nose(c: Canvas, ink: Array) -> Array:
    """Nostrils and wings; 9 and 10 draw them up."""
    u, t, y = c.u, c.t, c.y - c.t["nose_y"]
    # the nose stands out, so it turns further than the face behind it
    ax = np.abs(c.x - 1.2 * t["yaw"])
    up = 1.0 * u[9] + 0.6 * u[10]
    c.layers["nose"] = (ax < t["nose_width"] + 1.5) & (c.y > -3) & (y < 2.5)
    nostril = bump((ax - 1.9) / 1.5, (y - 1.3 + up) / 1.0)
    wing = bump((ax - t["nose_width"] - 0.8) / 1.1, (y + up) / 2)
    under = bump(ax / 4, (y - 2.5) / 2)
    ink = ink * (1 - 0.28 * under)
    return ink * (1 - 0.75 * nostril) * (1 - (t["wing"] + 0.35 * u[9] + 0.15 * u[12]) * wing)


def brows(c: Canvas, ink: Array) -> Array:
    """Raised at the inner end (1) and at the outer (2), or lowered and drawn together (4)."""
    u, t = c.u, c.t
    # no face is quite level: its brows hang to one side, its mouth twice as far
    y = c.y + t["skew"] * c.x
    s = (c.ax - 3 + 1.1 * u[4]) / 10.5  # 0 at the inner end, 1 at the outer
    inner = arc(np.clip(s, 0, 1))
    outer = np.clip(s - 0.55, 0, 1)
    # the brow's height from its inner to its outer end: first the face's own, then the units
    line = t["brow_y"] - t["brow_arch"] * arc((s - 0.6) / 0.6) + 2.4 * outer
    line = line + t["brow_slope"] * (s - 0.5) - 2.7 * u[1] * inner
    line = line - 2.9 * u[2] * arc((s - 0.75) / 0.75)
    line = line + u[4] * (1.4 + 1.4 * inner) + u[9] * (1 + 1.2 * inner)
    # thick inside, thin outside, and fading at both ends
    hair = band((y - line) / (t["brow_width"] * (1.2 - 0.5 * np.clip(s, 0, 1))))
    hair = np.minimum(1.6 * hair, 1) * np.clip(4 * s + 0.6, 0, 1) * np.clip(4 - 4 * s, 0, 1)
    c.layers["brows"] = hair > 0.1
    return ink * (1 - t["brow_tone"] * hair)


def eyes(c: Canvas, lit: Array) -> Array:
    """Upper lid up (5), lids narrowed (7, 6, 9, 4), the lower lid pushed up (6)."""
    u, t, y = c.u, c.t, c.y
    across = (c.ax - t["eye_x"]) / t["eye_width"]
    a = arc(across)
    # several units narrow the lids; even together they never shut them
    narrowed = 1 - 0.5 * u[7] - 0.4 * u[6] - 0.65 * u[9] - 0.15 * u[4]
    open_ = t["eye_open"] * np.maximum(narrowed, 0.15)
    middle = EYE_Y - 0.4 * u[6]
    top = middle - (open_ + 1.7 * u[5]) * a
    bottom = middle + (0.85 * open_ + 0.4 * u[5]) * a
    # the lids meet at the corners, where all that lies between them fades
    edge = np.minimum(2 * a, 1)
    # the ball lies in the shadow of its socket, yet brighter than skin would be, for it is wet
    ball = _eyeball(c, y - middle)
    lit = lit * (1 - 0.22 * bump((c.ax - t["eye_x"]) / 6.5, (y - middle) / 3.5))
    ball = ball * np.minimum(1.05 * lit + 0.22, 1)
    lit = mix(lit, ball, cover(np.maximum(top - y, y - bottom)) * edge)
    # last, what lies over ball and skin: the lashes, and the crease above them
    lash, under = band((y - top) / 1.05), band((y - bottom) / 0.85)
    crease = band((y - top + 1.8 + 0.5 * u[5]) / 0.9)
    c.layers["eyes"] = (y > top - 2) & (y < bottom + 1.5) & (np.abs(across) < 1.2)
    lit = lit * (1 - edge * (0.8 * lash)) * (1 - edge * (0.3 * under))
    return lit * (1 - edge * (0.3 * crease))


def _eyeball(c: Canvas, dy: Array) -> Array:
    """White, iris, pupil and the lamp's reflection."""
    dx = c.ax - c.t["eye_x"] - c.t["gaze_x"] * c.side
    dy = dy - c.t["gaze_y"]
    r = np.sqrt(dx * dx + dy * dy)
    ball = mix(np.full_like(dx, 0.85), c.t["iris"], cover(r - 2.2))
    ball = mix(ball, 0.03, cover(r - 0.8))
    return mix(ball, 0.95, 0.8 * bump((dx - 0.7 * c.side) / 0.9, (dy + 0.7) / 0.9))


def mouth(c: Canvas, ink: Array) -> Array:
    """Corners up (12) or down (15), wide (20) or tight (23), pressed (24), parted, open (25-27)."""
    u, t, y = c.u, c.t, c.y + 2 * c.t["skew"] * c.x
    # the half width decides all else: a place on the lips is m, 0 in the middle to 1
    wider = 1 + 0.5 * u[12] + 0.25 * u[20] + 0.1 * u[10]
    half = t["mouth_width"] * (wider - 0.2 * u[23] - 0.1 * u[24] - 0.08 * u[26] - 0.15 * u[27])
    m = c.ax / half  # 0 in the middle, 1 at the corner
    a = arc(m)
    corner = t["mouth_curve"] + 3.2 * u[15] + 0.9 * u[20] - 3.4 * u[12]
    # where the lips meet: the corners' units act by the square of m, the middle stays
    line = t["mouth_y"] - 0.9 * u[17] + u[12] + corner * np.minimum(m * m, 1.3)
    line = line + 0.4 * arc(c.ax / 2)  # the upper lip's tubercle
    up, down = _opening(u)
    open_ = np.minimum(up + down, 1)
    top, bottom = line - (up + 0.9 * u[10]) * a, line + down * a
    thick = t["lip"] * (1 - 0.6 * u[23] - 0.7 * u[24] - 0.3 * u[12]) * a
    bow = thick * (0.75 + 0.4 * arc((c.ax - 2.2) / 2.2))  # Cupid's: two peaks and a dip
    ends = cover((m - 1) * half)
    upper = cover(np.maximum(top - bow - y, y - top)) * ends
    lower = cover(np.maximum(bottom - y, y - bottom - 1.4 * thick)) * ends
    ink = ink * (1 - t["lip_tone"] * upper) * (1 - 0.6 * t["lip_tone"] * lower)
    # the hollow under the lower lip, which a raised chin deepens
    crease = bump(c.x / 5, (y - bottom - 2.2 * t["lip"] - 1) / 1.6)
    ink = ink * (1 - (0.15 + 0.4 * u[17]) * crease)
    # a dark line between closed lips, which an open mouth does not have
    seam = band((y - line) / 1.1) * cover((m - 1.02) * half) * (1 - open_)
    ink = ink * (1 - (t["seam"] + 0.3 * u[24]) * seam)
    ink = ink * (1 - 0.3 * bump((c.ax - half) / 1.7, (y - line) / 1.7))  # the corners' hollows
    c.layers["mouth"] = (y > top - bow - 1.5) & (y < bottom + 1.4 * thick + 1.5) & (m < 1.15)
    gap = cover(np.maximum(top - y, y - bottom)) * ends * open_
    return mix(ink, _inside(u, y - top, bottom - y) * np.clip(1.35 - m * m, 0, 1) + 0.06, gap)


def _opening(u: dict[int, Array]) -> tuple[Array, Array]:
    """How far the lips' edges leave the seam, up and down, in pixels."""
    up = 0.8 * u[25] + 1.2 * u[10] * u[25] + 0.9 * u[26] + 1.4 * u[27]
    parted = 1.7 * u[25] * (1 + 1.9 * u[12] + 0.8 * u[20])
    down = parted + 1.2 * u[16] + 4.2 * u[26] + 8 * u[27]
    # pressed lips stay all but shut, whatever else pulls
    return (1 - 0.85 * u[24]) * up, (1 - 0.85 * u[24]) * down


def _inside(u: dict[int, Array], below_top: Array, above_bottom: Array) -> Array:
    """The teeth that a smile (12), a snarl (10) or a grimace (16, 20) bares."""
    upper = cover(below_top - 1.3 - 2.4 * u[12] - 1.2 * u[10])
    lower = cover(above_bottom - 0.4 - 1.0 * u[16])
    # an open mouth alone shows few teeth; these units draw the lips off them
    upper = upper * np.minimum(0.25 + u[12] + u[10] + 0.3 * u[20], 1)
    return 0.72 * np.maximum(upper, lower * np.minimum(u[16] + 0.4 * u[20] + 0.3 * u[10], 1))
