import numpy as np
import pytest

from visavis.synth.shoes import ATTRIBUTES, KINDS, Shoe, sample


def strengths(count: int = 400, kind: str | None = None) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.array([list(sample(rng, kind).strengths().values()) for _ in range(count)])


def column(name: str) -> int:
    return ATTRIBUTES.index(name)


def test_same_seed_same_shoe() -> None:
    first, again, other = (sample(np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first == again != other


def test_strengths_are_named_in_order() -> None:
    assert tuple(Shoe().strengths()) == ATTRIBUTES
    assert Shoe(laces=0.7).strengths()["laces"] == 0.7


def test_strengths_lie_in_0_to_1_and_all_vary() -> None:
    drawn = strengths()
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert (drawn.std(axis=0) > 0.1).all()


def test_no_two_attributes_say_the_same() -> None:
    correlation = np.corrcoef(strengths().T) - np.eye(len(ATTRIBUTES))
    assert np.abs(correlation).max() < 0.8


def test_attributes_correlate_as_in_a_shop() -> None:
    correlation = np.corrcoef(strengths().T)
    assert correlation[column("open_toe"), column("sling_back")] > 0.3
    assert correlation[column("open_toe"), column("shaft_height")] < -0.2
    assert correlation[column("heel_height"), column("laces")] < -0.2


@pytest.mark.parametrize(
    ("kind", "attribute", "least", "most"),
    [
        ("pump", "heel_height", 0.35, 1.0),
        ("pump", "shaft_height", 0.0, 0.0),
        ("sneaker", "heel_height", 0.0, 0.08),
        ("sandal", "open_toe", 0.55, 1.0),
        ("boot", "shaft_height", 0.65, 1.0),
    ],
)
def test_a_kind_keeps_its_range(kind: str, attribute: str, least: float, most: float) -> None:
    drawn = strengths(50, kind)[:, column(attribute)]
    assert least <= drawn.min() <= drawn.max() <= most


def test_shares_of_the_kinds_add_up() -> None:
    assert sum(share for share, _ in KINDS.values()) == pytest.approx(1)
