"""Relative attributes with localisation: Singh and Lee, ECCV 2016."""

from visavis.methods import Method
from visavis.methods.relative_attributes.evaluation import evaluate
from visavis.methods.relative_attributes.evaluation_pictures import draw_evaluation
from visavis.methods.relative_attributes.export import graphs
from visavis.methods.relative_attributes.protocol import PARTS, PROTOCOLS
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.studies import STUDIES
from visavis.methods.relative_attributes.training import train

METHOD = Method(
    RankerRecipe,
    train,
    AttributeRanker,
    evaluate,
    (*PROTOCOLS, PARTS),
    STUDIES,
    draw_evaluation,
    graphs=graphs,
)
