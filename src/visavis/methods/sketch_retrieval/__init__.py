"""Fine-grained sketch retrieval with attributes: Song et al., BMVC 2016."""

from visavis.methods import Method
from visavis.methods.sketch_retrieval.evaluation import evaluate
from visavis.methods.sketch_retrieval.export import graphs
from visavis.methods.sketch_retrieval.protocol import PROTOCOLS
from visavis.methods.sketch_retrieval.recipe import SketchRecipe
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.methods.sketch_retrieval.studies import STUDIES
from visavis.methods.sketch_retrieval.training import train

METHOD = Method(SketchRecipe, train, SketchRetriever, evaluate, tuple(PROTOCOLS), STUDIES, graphs=graphs)
