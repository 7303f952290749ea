import numpy as np

from visavis.synth import shoes
from visavis.synth.faces import ATTRIBUTES, PART_OF, Face, sample
from visavis.synth.geometry import PARTS as PARTS_OF_SHOES
from visavis.synth.portrait import PARTS


def strengths(count: int = 400) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.array([list(sample(rng).strengths().values()) for _ in range(count)])


def test_same_seed_same_face() -> None:
    first, again, other = (sample(np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first == again != other


def test_strengths_are_named_in_order() -> None:
    assert tuple(Face().strengths()) == ATTRIBUTES
    assert Face(smile=0.7).strengths()["smile"] == 0.7


def test_strengths_fill_0_to_1() -> None:
    drawn = strengths()
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert (drawn.std(axis=0) > 0.25).all()


def test_no_attribute_tells_another() -> None:
    correlation = np.corrcoef(strengths().T) - np.eye(len(ATTRIBUTES))
    # Four standard deviations of a correlation of 400 independent draws.
    assert np.abs(correlation).max() < 0.2


def test_glasses_and_beard_are_absent_in_two_of_five() -> None:
    drawn = strengths()
    for name in ("glasses", "beard"):
        assert 0.3 < (drawn[:, ATTRIBUTES.index(name)] == 0).mean() < 0.5


def test_attributes_name_parts_that_have_boxes() -> None:
    assert set(PART_OF.values()) == set(PARTS)
    assert set(shoes.PART_OF.values()) == set(PARTS_OF_SHOES)
    assert set(shoes.PART_OF) < set(shoes.ATTRIBUTES)
