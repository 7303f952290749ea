import io
import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import UInt8
from PIL import ExifTags, Image, ImageOps

from visavis import images
from visavis.errors import VisavisError

HEIGHT, WIDTH = 45, 60


def smooth(height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> UInt8[np.ndarray, "H W 3"]:
    """A picture without symmetry and without fine detail, so that lossy formats stay close."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


RGB = Image.fromarray(smooth())
GREY = RGB.convert("L")
ALPHA = Image.fromarray(smooth(seed=1)[..., 0])
PALETTE = RGB.quantize(32)


def with_alpha(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(ALPHA)
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def deep(image: Image.Image, suffix: str) -> bytes:
    """Sixteen bits, each value 257 times that of 8 bits."""
    pixels = np.asarray(image)
    if pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return cv2.imencode(suffix, pixels.astype(np.uint16) * 257)[1].tobytes()


CASES: dict[str, tuple[bytes, int]] = {  # encoded file, largest difference to Pillow's decoding
    "jpeg": (encoded(RGB, "JPEG"), 1),
    "jpeg grey": (encoded(GREY, "JPEG"), 1),
    "jpeg progressive": (encoded(RGB, "JPEG", progressive=True), 1),
    "jpeg stored as RGB": (encoded(RGB, "JPEG", keep_rgb=True), 1),
    "jpeg CMYK": (encoded(RGB.convert("CMYK"), "JPEG"), 1),
    "jpeg with more pictures": (encoded(RGB, "MPO", save_all=True, append_images=[GREY]), 1),
    "png": (encoded(RGB, "PNG"), 0),
    "png grey": (encoded(GREY, "PNG"), 0),
    "png bits": (encoded(RGB.convert("1"), "PNG"), 0),
    "png palette": (encoded(PALETTE, "PNG"), 0),
    "png palette with alpha": (encoded(PALETTE, "PNG", transparency=bytes(range(0, 256, 8))), 0),
    "png palette with one clear colour": (encoded(PALETTE, "PNG", transparency=3), 0),
    "png clear colour": (encoded(RGB, "PNG", transparency=RGB.getpixel((3, 4))), 0),
    "png clear grey": (encoded(GREY, "PNG", transparency=GREY.getpixel((3, 4))), 0),
    "png alpha": (encoded(with_alpha(RGB), "PNG"), 0),
    "png grey with alpha": (encoded(with_alpha(GREY), "PNG"), 0),
    "png animated": (encoded(RGB, "PNG", save_all=True, append_images=[RGB.rotate(180)]), 0),
    "webp": (encoded(RGB, "WEBP"), 1),
    "webp lossless": (encoded(RGB, "WEBP", lossless=True), 0),
    "webp alpha": (encoded(with_alpha(RGB), "WEBP", lossless=True, exact=True), 0),
    "webp animated": (encoded(RGB, "WEBP", lossless=True, save_all=True, append_images=[RGB.rotate(180)]), 0),
    "bmp": (encoded(RGB, "BMP"), 0),
    "bmp palette": (encoded(PALETTE, "BMP"), 0),
    "tiff": (encoded(RGB, "TIFF"), 0),
    "tiff LZW": (encoded(RGB, "TIFF", compression="tiff_lzw"), 0),
    "tiff alpha": (encoded(with_alpha(RGB), "TIFF"), 0),
    "tiff CMYK": (encoded(RGB.convert("CMYK"), "TIFF"), 0),
    "tiff bits": (encoded(RGB.convert("1"), "TIFF"), 0),
    "gif": (encoded(PALETTE, "GIF"), 0),
    "gif clear colour": (encoded(PALETTE, "GIF", transparency=3), 0),
    "gif animated": (encoded(PALETTE, "GIF", save_all=True, append_images=[PALETTE.rotate(180)]), 0),
}


def by_pillow(content: bytes) -> UInt8[np.ndarray, "H W 3"]:
    """Decode, and put on white by the formula of compositing."""
    rgba = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")).astype(float)
    alpha = rgba[..., 3:] / 255
    return np.round(rgba[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def difference(a: UInt8[np.ndarray, "..."], b: UInt8[np.ndarray, "..."]) -> int:
    assert a.shape == b.shape
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def written(folder: Path, content: bytes, name: str = "image.dat") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("case", CASES)
def test_every_format_equals_pillow(case: str, tmp_path: Path) -> None:
    content, tolerance = CASES[case]
    expected = by_pillow(content)
    rgb = images.load(written(tmp_path, content))
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    assert rgb.flags.writeable
    assert difference(rgb, expected) <= tolerance + (1 if "alpha" in case else 0)
    grey = images.load(tmp_path / "image.dat", mode="grey")
    luma = np.round(expected @ [0.299, 0.587, 0.114]).astype(np.uint8)
    assert difference(grey, luma) <= 2


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("image", [GREY, RGB], ids=["grey", "rgb"])
def test_sixteen_bits_become_eight(image: Image.Image, suffix: str, tmp_path: Path) -> None:
    path = written(tmp_path, deep(image, suffix))
    assert difference(images.load(path), np.asarray(image.convert("RGB"))) == 0
    assert difference(images.load(path, mode="grey"), np.asarray(image.convert("L"))) <= 1


def test_sixteen_bits_with_alpha(tmp_path: Path) -> None:
    path = written(tmp_path, deep(with_alpha(RGB), ".png"))
    assert difference(images.load(path), by_pillow(encoded(with_alpha(RGB), "PNG"))) <= 1


def test_adobe_cmyk_is_not_inverted(tmp_path: Path) -> None:
    white = encoded(Image.new("RGB", (16, 16), "white").convert("CMYK"), "JPEG")
    assert b"Adobe" in white
    assert images.load(written(tmp_path, white)).min() >= 254


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(kind: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = encoded(RGB, kind, exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))))
    path = written(tmp_path, content)
    assert difference(images.load(path), upright) <= 1
    assert difference(images.load(path, mode="grey"), np.asarray(Image.fromarray(upright).convert("L"))) <= 2
    assert images.load(path, size=(20, 10)).shape == (20, 10, 3)
    assert max(images.load(path, size=12).shape) == 12
    assert difference(images.load(path, size=upright.shape[:2]), upright) <= 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_of_the_header_is_that_of_the_loaded_image(kind: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = encoded(Image.fromarray(smooth()), kind, exif=exif)
    path = written(tmp_path, content)
    assert images.size_of(path) == images.load(path).shape[:2]
    with pytest.raises(VisavisError, match=r"absent\.jpg: there is no such file"):
        images.size_of(tmp_path / "absent.jpg")


def test_orientation_of_a_reduced_jpeg(tmp_path: Path) -> None:
    """A tall photo stored lying down: reduction must look at the upright sides."""
    pixels = smooth(240, 800)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = written(tmp_path, encoded(Image.fromarray(pixels), "JPEG", quality=95, exif=exif))
    upright = np.rot90(pixels, -1)
    expected = cv2.resize(np.ascontiguousarray(upright), (60, 200), interpolation=cv2.INTER_AREA)
    assert difference(images.load(path, size=(200, 60)), expected) <= 6
    assert images.load(path, size=200).shape == (200, 60, 3)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_unreadable_metadata_does_not_hide_the_image(tmp_path: Path) -> None:
    content = encoded(RGB, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert difference(images.load(written(tmp_path, content)), by_pillow(content)) <= 1


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (30, (22, 30)),
        (120, (90, 120)),
        ((30, 30), (30, 30)),
        ((90, 20), (90, 20)),
        ((HEIGHT, WIDTH), (HEIGHT, WIDTH)),
        (1, (1, 1)),
    ],
)
def test_sizes(size: images.Size, shape: tuple[int, int], tmp_path: Path) -> None:
    for kind in ("PNG", "JPEG", "GIF"):
        path = written(tmp_path, encoded(RGB, kind))
        assert images.load(path, size=size).shape == (*shape, 3)
        assert images.load(path, size=size, mode="grey").shape == shape


def test_a_line_keeps_at_least_one_pixel(tmp_path: Path) -> None:
    path = written(tmp_path, encoded(Image.new("L", (1000, 2)), "PNG"))
    assert images.load(path, size=20, mode="grey").shape == (1, 20)


def test_longest_side_is_scaled_from_the_file_not_from_a_reduced_decoding(tmp_path: Path) -> None:
    path = written(tmp_path, encoded(Image.fromarray(smooth(1067, 1600)), "JPEG"))
    assert images.load(path, size=128).shape == (85, 128, 3)  # of 134 rows and 200 columns: 86


def test_shrinking_averages_what_it_covers(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20), dtype=np.uint8)
    small = images.load(written(tmp_path, encoded(Image.fromarray(pixels), "PNG")), mode="grey", size=(3, 4))
    blocks = pixels.reshape(3, 4, 4, 5).mean(axis=(1, 3))
    assert np.abs(small - blocks).max() <= 0.5 + 1e-6


def test_one_side_shrinks_while_the_other_grows(tmp_path: Path) -> None:
    ramp = np.repeat(np.array([[0, 200]], np.uint8), 40, axis=0)
    ramp[::2] += 50
    tall = images.load(written(tmp_path, encoded(Image.fromarray(ramp), "PNG")), mode="grey", size=(10, 8))
    assert np.ptp(tall, axis=0).max() == 0, "stripes of one pixel must average out"
    assert tall[0, 0] < 30 + 25
    assert tall[0, -1] > 170 + 25


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_fine_stripes_do_not_alias(kind: str, tmp_path: Path) -> None:
    stripes = np.zeros((900, 900), np.uint8)
    stripes[:, ::2] = 255
    path = written(tmp_path, encoded(Image.fromarray(stripes), kind, quality=95))
    small = images.load(path, mode="grey", size=128)
    assert np.abs(small.astype(int) - 127).max() <= 20


@pytest.mark.parametrize("size", [128, 100, 60, 37])
def test_reduced_jpeg_stays_close_to_the_full_one(size: int, tmp_path: Path) -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 36, (533, 807, 3)), (0, 0), 1.5)
    pixels = np.clip(smooth(533, 807) + noise, 0, 255).astype(np.uint8)
    path = written(tmp_path, encoded(Image.fromarray(pixels), "JPEG", quality=92))
    small = images.load(path, size=size)
    whole = Image.open(path).convert("RGB")
    error = small.astype(float) - np.asarray(whole.resize(small.shape[1::-1], Image.Resampling.BOX))
    assert np.sqrt((error**2).mean()) < 1.7
    assert np.abs(error.mean()) < 0.2


@pytest.mark.parametrize("orientation", [1, 3, 7])
def test_a_reduced_jpeg_is_not_shifted_where_the_factor_leaves_a_rest(
    orientation: int, tmp_path: Path
) -> None:
    """65 columns at a quarter are 17, the last of them three quarters padding."""
    ramp = np.repeat(np.linspace(0, 255, 65)[None], 65, axis=0).round().astype(np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = written(tmp_path, encoded(Image.fromarray(ramp), "JPEG", quality=100, exif=exif))
    upright = ImageOps.exif_transpose(Image.open(path))
    expected = np.asarray(upright.resize((16, 16), Image.Resampling.BOX))
    assert difference(images.load(path, mode="grey", size=16), expected) <= 2


def test_reduction_is_the_largest_that_holds_the_target() -> None:
    for side in (7, 8, 9, 127, 128, 129, 255, 256, 257, 1024, 1025):
        for target in (1, 2, 16, 17, 32, 33, 128, 129):
            expected = max(
                [k for k in (2, 4, 8) if side >= k * (target + 1) or side == k * target], default=1
            )
            assert images._reduction((side, side), (target, target)) == expected
    assert images._reduction((800, 100), (100, 50)) == 2


def refusal(path: Path) -> str:
    with pytest.raises(VisavisError) as caught:
        images.load(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence


def test_what_is_no_image_file_is_named_with_its_reason(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "absent.jpg")
    assert "is a folder" in refusal(tmp_path)
    assert "is empty" in refusal(written(tmp_path, b"", "empty.png"))
    assert "is no image" in refusal(written(tmp_path, b"label,path\n1,a.png\n", "table.png"))
    assert "is no image" in refusal(
        written(tmp_path, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a.eps")
    )
    assert "no regular file" in refusal(Path(os.devnull))
    assert "32-bit pixels" in refusal(written(tmp_path, encoded(Image.new("F", (8, 8)), "TIFF")))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("case", [case for case in CASES if not case.endswith(("animated", "pictures"))])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_cut_off_files_are_refused(case: str, share: float, tmp_path: Path) -> None:
    content = CASES[case][0]
    sentence = refusal(written(tmp_path, content[: int(share * len(content))]))
    assert "broken" in sentence


def test_a_thumbnail_does_not_pass_for_the_end_of_a_cut_off_photo(tmp_path: Path) -> None:
    thumbnail = encoded(RGB.resize((16, 12)), "JPEG")
    exif = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    photo = encoded(Image.fromarray(smooth(400, 400)), "JPEG", quality=95)
    whole = photo[:2] + exif + photo[2:]
    assert difference(images.load(written(tmp_path, whole)), by_pillow(photo)) <= 1
    assert not images._is_whole(whole[: len(whole) * 2 // 3], "JPEG")
    assert "cut off" in refusal(written(tmp_path, whole[: len(whole) * 2 // 3]))


def test_bytes_behind_the_end_do_no_harm(tmp_path: Path) -> None:
    for kind in ("JPEG", "PNG"):
        content = encoded(RGB, kind)
        assert difference(images.load(written(tmp_path, content + bytes(5000))), by_pillow(content)) <= 1


def huge_png() -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def huge_jpeg() -> bytes:
    content = bytearray(encoded(RGB, "JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(content)


def huge_gif() -> bytes:
    content = bytearray(encoded(PALETTE, "GIF"))
    content[6:10] = struct.pack("<HH", 65_000, 65_000)
    return bytes(content)


def huge_bmp() -> bytes:
    content = bytearray(encoded(RGB, "BMP"))
    content[18:26] = struct.pack("<ii", 9_500, 9_500)
    return bytes(content)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("bomb", [huge_png, huge_jpeg, huge_gif, huge_bmp])
def test_bombs_are_refused_by_their_header(
    bomb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: Any) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(images, "_load_opencv", decode)
    monkeypatch.setattr(images, "_load_pillow", decode)
    assert "pixels" in refusal(written(tmp_path, bomb()))


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, encoded(RGB, "PNG"))
    monkeypatch.setattr(images, "MAX_PIXELS", HEIGHT * WIDTH)
    monkeypatch.setattr(images, "MAX_BYTES", path.stat().st_size)
    images.load(path)
    monkeypatch.setattr(images, "MAX_PIXELS", HEIGHT * WIDTH - 1)
    assert f"has {WIDTH} x {HEIGHT} pixels; {HEIGHT * WIDTH - 1:,} are allowed" in refusal(path)
    monkeypatch.setattr(images, "MAX_BYTES", path.stat().st_size - 1)
    assert "bytes" in refusal(path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, on broken metadata
@settings(max_examples=300, deadline=None)
@given(
    case=st.sampled_from(sorted(CASES)),
    places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=8),
    value=st.integers(0, 255),
)
def test_damaged_files_load_or_are_refused_never_crash(
    tmp_path_factory: pytest.TempPathFactory, case: str, places: list[float], value: int
) -> None:
    content = bytearray(CASES[case][0])
    for place in places:
        content[int(place * len(content))] = value
    path = written(tmp_path_factory.mktemp("damaged"), bytes(content))
    with suppress(VisavisError):
        assert max(images.load(path, size=32).shape[:2]) == 32


@pytest.mark.parametrize("suffix", [".png", ".webp", ".jpg", ".JPEG"])
def test_saved_images_load_again(suffix: str, tmp_path: Path) -> None:
    for mode, pixels in (("rgb", smooth()), ("grey", np.asarray(GREY))):
        path = tmp_path / "new folder" / f"{mode}{suffix}"
        images.save(path, pixels)
        again = images.load(path, mode="rgb" if mode == "rgb" else "grey")
        assert difference(again, pixels) <= (9 if "j" in suffix.lower() else 0)
    assert [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".")] == []


def test_save_refuses_other_suffixes_and_keeps_the_old_file_on_failure(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=r"a\.gif: images are not written as '\.gif'; name it \.png"):
        images.save(tmp_path / "a.gif", smooth())
    path = tmp_path / "a.png"
    images.save(path, smooth())
    with pytest.raises(TypeError):
        images.save(path, smooth().astype(np.complex64))
    assert difference(images.load(path), smooth()) == 0


def test_a_film_has_its_frames_and_rests_on_the_last(tmp_path: Path) -> None:
    frames = [np.full((10, 12, 3), shade, np.uint8) for shade in (0, 100, 200)]
    images.save_film(tmp_path / "film.gif", frames, 40)
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (3, (12, 10), 0)  # type: ignore[attr-defined]
        shades, shown = [], []
        for number in range(3):
            film.seek(number)
            shades.append(int(np.asarray(film.convert("RGB"))[5, 5, 0]))
            shown.append(film.info["duration"])
    assert shades == [0, 100, 200]
    assert shown == [40, 40, 40 * images.REST]
    assert [*tmp_path.iterdir()] == [tmp_path / "film.gif"]


def test_a_film_is_a_gif(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=r"film\.mp4: a film is not written as '\.mp4'; name it \.gif"):
        images.save_film(tmp_path / "film.mp4", [np.zeros((4, 4, 3), np.uint8)], 40)
