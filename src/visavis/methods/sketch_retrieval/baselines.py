"""What the paper compares with, and stronger linear learners, under the same protocols.

A baseline takes the training items and a split and gives scores (lower = closer). All of them see the same
pages as the networks. Their settings were chosen on the five folds of the training items.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, Float32, Int

from visavis.errors import VisavisError
from visavis.features.hog_wccn import HogWccn, Pages, page_hog, unit
from visavis.features.pages import read_pages
from visavis.features.ranksvm import RankSVM
from visavis.features.words import VisualWords
from visavis.methods.sketch_retrieval.protocol import (
    PROTOCOLS,
    RetrievalSplit,
    evaluate_scores,
    official_split,
)
from visavis.methods.sketch_retrieval.recipe import SketchRecipe
from visavis.methods.sketch_retrieval.scoring import Scorer
from visavis.methods.sketch_retrieval.training import build_model
from visavis.metrics.evaluation import Evaluation
from visavis.tables import DataSet, attribute_matrix

Scores = Float[np.ndarray, "Q N"]
Features = Float32[np.ndarray, "N D"]
Baseline = Callable[[DataSet, RetrievalSplit], Scores]

PAGE, CELL = 144, 24  # px: 6 x 6 cells
HUBNESS, CROWD = 0.3, 30  # weight of a photo's popularity; training sketches that make it
NEGATIVES = 8  # other photos against which a ranking SVM sees each training sketch's own
WORDS, WORD_CELL = 500, 16  # size of the vocabulary; pixels
BLOCK_LENGTH = 36  # of HOG: 2 x 2 cells of 9 bins


class Matches(NamedTuple):
    """Training pages; `truth` (T,) is the photo row of each sketch."""

    sketches: Pages
    photos: Pages
    truth: Int[np.ndarray, " T"]


def ground_truth_attributes(train: DataSet, split: RetrievalSplit) -> Scores:
    """Hamming distance between people's labels of sketch and photo; attributes unknown for either agree.

    Raises:
        VisavisError: a query has no known attribute (the QMUL reader withholds those of test sketches).
    """
    queries, gallery = (attribute_matrix(side) for side in (split.queries, split.gallery))
    for name, known in zip(split.queries["id"], ~np.isnan(queries), strict=True):
        if not known.any():
            raise VisavisError(
                f"{train.name}: sketch '{name}' has no known attribute to rank by; give it some or drop it"
            )
    scores: Scores = np.nansum(np.abs(queries[:, None] - gallery), axis=2)
    return scores


def hog_cosine(train: DataSet, split: RetrievalSplit) -> Scores:
    """Nearest by the cosine of plain HOG, nothing learned."""
    queries, gallery = (page_hog(_pages(side), CELL) for side in (split.queries, split.gallery))
    cosine: Scores = unit(queries) @ unit(gallery).T
    return -cosine


def hog_wccn(train: DataSet, split: RetrievalSplit) -> Scores:
    """HOG whitened by how training sketches differ from their photos, less each photo's popularity.

    Some photos are near to every sketch; their mean cosine with the nearest training sketches is held against
    them (the one-sided form of CSLS, A. Conneau et al., ICLR 2018).
    """
    matches = _matches(train, split)
    learner = HogWccn(CELL).fit(*matches)
    photos = learner.embed_photos(_pages(split.gallery))
    crowd = np.sort(photos @ learner.embed_sketches(matches.sketches).T, axis=1)[:, -CROWD:]
    scores: Scores = HUBNESS * crowd.mean(axis=1) - learner.embed_sketches(_pages(split.queries)) @ photos.T
    return scores


def dense_hog_rank_svm(train: DataSet, split: RetrievalSplit) -> Scores:
    """Ranking SVM on |HOG(sketch) - HOG(photo)|, component by component."""
    return _rank_svm(lambda pages: page_hog(pages, CELL), train, split, C=0.01)


def bow_hog_rank_svm(train: DataSet, split: RetrievalSplit) -> Scores:
    """Ranking SVM on |BoW(sketch) - BoW(photo)|, roots of the shares of visual words over HOG blocks."""
    matches = _matches(train, split)
    words = VisualWords(WORDS).fit(np.concatenate([_blocks(matches.sketches), _blocks(matches.photos)]))
    return _rank_svm(lambda pages: np.sqrt(words.transform(_blocks(pages))), train, split, C=0.1)


def deep_rank_svm(recipe: SketchRecipe) -> Baseline:
    """Ranking SVM on |f(sketch) - f(photo)|, f the embedding that the recipe starts from: ISN-like.

    The paper's ISN deep baseline takes the features of a Sketch-a-Net trained to recognise sketches.
    """
    scorer = Scorer(build_model(recipe, 0)[1].eval(), attribute_weight=0)

    def embed(pages: Pages) -> Features:
        return scorer.encode(torch.from_numpy(pages)[:, None], sketches=True).embeddings

    return lambda train, split: _rank_svm(embed, train, split, C=1.0, page=recipe.model.page)


BASELINES: dict[str, Baseline] = {
    "BoW-HOG + rankSVM": bow_hog_rank_svm,
    "dense HOG + rankSVM": dense_hog_rank_svm,
    "HOG cosine": hog_cosine,
    "HOG + WCCN": hog_wccn,
}


def evaluate_baseline(baseline: Baseline, data: DataSet, protocol: str) -> Evaluation:
    """Learn a baseline from the training split and measure it on the test split."""
    split = official_split(data, PROTOCOLS[protocol].gallery_domains[0])
    scores = baseline(data.select(split="train"), split)
    return Evaluation(protocol, data.name, data.digest(), evaluate_scores(split, scores))


def _pages(table: pl.DataFrame, page: int = PAGE) -> Pages:
    return np.stack(read_pages(table["path"].to_list(), table["domain"].to_list(), page))


def _matches(train: DataSet, split: RetrievalSplit, page: int = PAGE) -> Matches:
    """Training sketches and their photos, in the form in which the split's gallery holds them."""
    photos = train.items.filter(pl.col("domain").is_in(split.gallery["domain"].unique().to_list()))
    row_of = {label: row for row, label in enumerate(photos["label"])}
    sketches = train.items.filter((pl.col("domain") == "sketch") & pl.col("label").is_in(list(row_of)))
    if sketches.is_empty():
        raise VisavisError(
            f"{train.name}: no training sketch has the label of a training photo, so there is nothing to "
            f"learn from; give each sketch the label of its photo"
        )
    truth = np.array([row_of[label] for label in sketches["label"]])
    return Matches(_pages(sketches, page), _pages(photos, page), truth)


def _rank_svm(
    describe: Callable[[Pages], Float[np.ndarray, "N D"]],
    train: DataSet,
    split: RetrievalSplit,
    C: float,
    page: int = PAGE,
) -> Scores:
    """Learn to place each sketch's own photo before random others, then score the split."""
    matches = _matches(train, split, page)
    rng = np.random.default_rng(0)
    sketches, photos = describe(matches.sketches), describe(matches.photos)
    anchor = np.repeat(np.arange(len(sketches)), NEGATIVES)
    own = matches.truth[anchor]
    other = (own + rng.integers(1, len(photos), len(own))) % len(photos)
    machine = RankSVM(C).fit(*(-np.abs(sketches[anchor] - photos[rows]) for rows in (own, other)))
    queries, gallery = (describe(_pages(side, page)) for side in (split.queries, split.gallery))
    return np.stack([-machine.score(-np.abs(query - gallery)) for query in queries])


def _blocks(pages: Pages) -> Float32[np.ndarray, "N M D"]:
    return page_hog(pages, WORD_CELL).reshape(len(pages), -1, BLOCK_LENGTH)
