"""The head without its features: skull, ears, neck, clothes, beard, lines. Units are those of `portrait`."""

import numpy as np

from visavis.synth.curves import (
    Points,
    brush,
    circle,
    loop,
    mirrored,
    part,
    points,
    ribbon,
    shifted,
    spline,
)
from visavis.synth.faces import Face

BROW = -24.0
"""Height at which a forehead ends."""

LONGEST_BEARD = 24.0


def both(curve: Points) -> list[Points]:
    """A shape and its mirror image."""
    return [curve, mirrored(curve)]


def symmetric(right: Points) -> Points:
    """Closed polygon of a right half that starts and ends at x = 0."""
    return np.vstack([right, mirrored(right)[-2:0:-1]])


class Head:
    """Curves of one head; right halves (x > 0), from the crown downwards."""

    def __init__(self, face: Face) -> None:
        self.face = face
        jaw, wide = face.jaw, face.width
        half = points(
            (0, -100),
            (37, -93),
            (61, -69),
            (70, -34),
            (71, 0),
            (68, 32),
            (57 + 7 * jaw, 63),
            (31 + 11 * jaw, 91),
            (0, 102),
        )
        self.outline = loop(symmetric(half * (wide, 1)))
        self.side = self.outline[: len(self.outline) // 2 + 1]

    def ears(self) -> tuple[list[Points], list[Points]]:
        """Both ears, and the folds in them."""
        x = 72 * self.face.width
        ear = loop(points((x - 6, -12), (x + 6, -15), (x + 12, -4), (x + 8, 16), (x, 26), (x - 7, 22)))
        fold = spline(points((x + 1, 16), (x + 5, 8), (x + 7, -4), (x + 1, -8)))
        return both(ear), both(brush(fold, 3.5))

    def neck(self) -> tuple[Points, Points]:
        """The neck, and the chin's shadow on it."""
        half = spline(points((0, 50), (38, 55), (38, 104), (42, 124), (26, 140), (0, 144)))
        shade = spline(points((0, 50), (38, 55), (38, 106), (24, 122), (0, 127)))
        return symmetric(half), symmetric(shade)

    def clothes(self) -> tuple[Points, Points, list[Points]]:
        """Shoulders down to below any picture, the skin that the collar shows, and the collar's edge."""
        body = points((0, 118), (48, 124), (96, 144), (132, 170), (150, 230), (158, 420), (0, 420))
        body = np.vstack([spline(body[:-2]), body[-2:]])
        deep = 160 if self.face.collar == "round" else 196
        bend = 44 if self.face.collar == "round" else 28
        collar = spline(points((52, 122), (bend, 0.55 * deep + 62), (0, deep)))
        whole = np.vstack([collar, mirrored(collar)[-2::-1]])
        return symmetric(body), whole, [ribbon(whole, 5)]

    def beard(self) -> Points:
        """From ear to ear along the jaw, with the moustache; strength lets it grow below the chin."""
        outer = self.side[self.side[:, 1] > 14]
        down = (outer[:, 1] - outer[0, 1]) / (outer[-1, 1] - outer[0, 1])
        outer[:, 1] += (1 + LONGEST_BEARD * self.face.beard) * down**3
        wide = self.face.width
        inner = points((66 * wide, 14), (60 * wide, 34), (47, 47), (30, 47), (19, 43), (0, 44))
        return symmetric(np.vstack([spline(inner)[::-1], outer[1:]]))

    def lines(self, hairline: float) -> list[Points]:
        """Wrinkles of the forehead, between the brows, beside and below the eyes; strength makes them wide.

        Args:
            hairline: height at which the forehead begins.
        """
        width, length = 1.4 + 1.8 * self.face.age_lines, 0.7 + 0.3 * self.face.age_lines
        lines = []
        for number, share in enumerate((0.32, 0.57, 0.8)):
            y, reach = BROW + share * (hairline - BROW), (34 - 3 * number) * length
            wrinkle = points(
                (-reach, y + 2), (-0.5 * reach, y - 1), (0, y + 1), (0.5 * reach, y - 1), (reach, y + 2)
            )
            lines.append(brush(spline(wrinkle), width))
        right = [
            points((3.5, -15), (5.5, -22), (4.5, -28)),
            points((18, 12), (30, 16.5), (43, 13)),
            points((22, 18), (33, 22), (43, 19.5)),
            *(
                points((51, y), (57, y + 0.4 * rise), (64, y + rise))
                for y, rise in ((-4, -7), (1, 0), (6, 7))
            ),
        ]
        for knots in right:
            curve = spline(knots)
            lines += both(brush(part(curve, 0, length), width))
        return lines

    def nose(self) -> dict[str, list[Points]]:
        """Layers that shade a nose: its dark side, the bridge's light, the tip from below, and nostrils."""
        wide = 11 + 4 * self.face.nose
        side = points((5, -14), (8, 6), (0.9 * wide, 27), (wide + 1, 34), (0.6 * wide, 39), (3, 34), (2, 8))
        wing = spline(points((wide - 1, 27), (wide + 1.5, 33), (wide - 2, 38)))
        under = spline(points((0.72 * wide, 38), (0.4 * wide, 39), (0, 42)))
        base = np.vstack([under, mirrored(under)[-2::-1]])
        shade, light = loop(side), circle((1, 8), (3, 22), 24)
        dark = -self.face.light_from
        return {
            "nose shade": [shade * (dark, 1)],
            "nose light": [light * (-dark, 1), circle((-2 * dark, 30), (4, 5), 20)],
            "nose edge": [*both(brush(wing, 2.4)), brush(base, 3)],
            "nostrils": both(circle((0.42 * wide, 37.5), (3, 1.8), 14)),
        }

    def cheeks(self) -> list[Points]:
        """Where cheeks are red."""
        return both(shifted(circle((0, 0), (17, 12), 24), 43 * self.face.width, 32))

    def brows(self) -> list[Points]:
        """Both brows, thick towards the nose."""
        thick, arch = 4 + 4 * self.face.brow, 2 + 3 * self.face.brow
        upper = spline(points((13, -19 - thick / 2), (30, -20 - arch - thick / 3), (50, -16.5)))
        lower = spline(points((13, -19 + thick / 2), (30, -20 - arch + thick / 2), (50, -16)))
        return both(np.vstack([upper, lower[::-1]]))
