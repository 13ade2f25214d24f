"""What the drawing stands on: soft shapes, the face's own coordinates, and the traits' ranges.

Only +, −, ×, ÷, √ and comparisons are used, which IEEE 754 rounds alike everywhere: a face has the
same bytes on any machine. Coordinates are pixels of an upright face of scale 1: (0, 0) is the
picture's middle, on the nose; x runs to the right and y down. What comes in pairs is drawn once, in
`ax` = |x|.
"""

from dataclasses import dataclass, field

import numpy as np

from fer_lib.data.faceset import SIZE

Array = np.ndarray

# Trait → its range, drawn evenly. None of them looks at the expression. What only some faces have
# begins below 0 and is there above it: (-3, 1) is one face in four.
TRAITS: dict[str, tuple[float, float]] = {
    # who it is; lengths in pixels, tones from 0 (black) to 1 (white)
    "width": (16, 19.5),
    "chin": (23, 28),
    "jaw": (-0.2, 0.6),
    "skin": (0.36, 0.74),
    "hair": (0.03, 0.6),
    "hairline": (-24, -14),
    "parting": (-1, 1),
    "long_hair": (-1, 1),
    "brow_tone": (0.05, 0.8),
    "brow_width": (0.9, 1.9),
    "brow_y": (-11, -7.8),
    "brow_arch": (0, 1.5),
    "brow_slope": (-1.3, 1.3),
    "eye_x": (7.6, 9.4),
    "eye_width": (3.9, 5.3),
    "eye_open": (1.3, 2.1),
    "iris": (0.05, 0.4),
    "nose_width": (2.9, 4.3),
    "nose_y": (4, 6.4),
    "mouth_y": (12.6, 15.2),
    "mouth_width": (5.6, 7.8),
    "mouth_curve": (-0.8, 0.8),
    "lip": (1.1, 2.5),
    "lip_tone": (0.1, 0.5),
    "seam": (0.1, 0.4),
    "wing": (0.05, 0.45),
    "furrow": (-0.2, 0.35),
    "age": (0, 2),
    "fold": (0, 3),
    "rough": (0, 0.2),
    "beard": (-4, 1),
    "glasses": (-6, 1),
    "shoulders": (-1, 1),
    "cloth": (0.05, 0.9),
    "skew": (-0.05, 0.05),
    # how it was photographed
    "gaze_x": (-1.1, 1.1),
    "gaze_y": (-0.5, 0.5),
    "shift_x": (-1.5, 1.5),
    "shift_y": (-1.5, 1.5),
    "scale": (0.94, 1.07),
    "roll": (-0.05, 0.05),
    "yaw": (-0.6, 0.6),
    "pitch": (-0.6, 0.6),
    "light_x": (-0.7, 0.7),
    "light_y": (-0.7, 0.2),
    "ambient": (0.42, 0.75),
    "background": (0.1, 0.9),
    "slope": (-0.25, 0.25),
    "gain": (0.95, 1.3),
    "level": (-0.08, 0.08),
    "mottle": (0.03, 0.25),
    "blur": (0.1, 0.7),
    "grain": (0, 0.02),
    "hand": (-12, 1),
    "hand_x": (-16, 16),
    "watermark": (-7, 1),
    "watermark_y": (-16, 18),
}


def cover(distance: Array) -> Array:
    """How much of a pixel lies inside an edge `distance` pixels away, negative inside: 0 to 1."""
    return np.clip(0.5 - distance, 0, 1)


def arc(t: Array) -> Array:
    """A parabola: 1 in the middle, 0 at t = ±1 and beyond."""
    return np.maximum(1 - t * t, 0)


def band(t: Array) -> Array:
    """A soft line across t = 0: `arc` squared, so that it meets 0 without a corner."""
    return np.square(arc(t))


def bump(x: Array, y: Array) -> Array:
    """A round hill of height 1 and radius 1, flat at 0 outside."""
    return np.square(np.maximum(1 - x * x - y * y, 0))


def mix(under: Array, over: Array | float, alpha: Array) -> Array:
    """Lay `over` on `under`."""
    return under + (over - under) * alpha


@dataclass
class Canvas:
    """N faces being drawn: what they are, where each pixel lies on them, and what lies there.

    Shapes: units u and traits t (N, 1, 1) float32; coordinates (N, 48, 48) float32, of the head
    (hx, hy) and of its front, turned by yaw and pitch (x, y); noise (N, 4, 48, 48) uint8;
    layers, name → (N, 48, 48) bool.
    """

    u: dict[int, Array]
    t: dict[str, Array]
    noise: Array
    layers: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        t = self.t
        # 48 is even: the middle lies between two pixels
        grid = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
        x, y = grid[None, None, :] - t["shift_x"], grid[None, :, None] - t["shift_y"]
        k = t["roll"]  # the tangent of half the angle turns without sine and cosine
        cos, sin = (1 - k * k) / (1 + k * k), 2 * k / (1 + k * k)
        self.hx, self.hy = (cos * x + sin * y) / t["scale"], (cos * y - sin * x) / t["scale"]
        # A turned head moves its front most and its outline not at all.
        self.x = self.hx - 3.8 * t["yaw"] * arc(self.hx / 20)
        self.y = self.hy - 2.2 * t["pitch"] * arc(self.hy / 26)
        # both halves of a face are drawn at once, by the distance from its middle
        self.ax = np.abs(self.x)
        # what glances aside goes one way in both eyes: it needs the side that |x| forgets
        self.side = np.where(self.x < 0, np.float32(-1), np.float32(1))
        self.drop = 2.4 * self.u[26] + 4.2 * self.u[27]  # of the jaw

    def patches(self, cells: int) -> Array:
        """Slow unevenness, -1 to 1, (N, 48, 48): cells × cells random numbers spread linearly."""
        # the first of the grain's random bytes serve here too
        numbers = self.noise.reshape(len(self.noise), -1)[:, : (cells + 1) ** 2]
        grid = numbers.reshape(-1, cells + 1, cells + 1).astype(np.float32) / 127.5 - 1
        # between four neighbours of the coarse grid, first along y, then along x
        at = np.arange(SIZE, dtype=np.float32) * (cells / SIZE)
        i = at.astype(int)
        f = at - i
        rows = grid[:, i] * (1 - f)[:, None] + grid[:, i + 1] * f[:, None]  # (N, 48, cells + 1)
        return rows[:, :, i] * (1 - f) + rows[:, :, i + 1] * f
