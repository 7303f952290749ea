"""Staged pre-training of the trunk of drawings: a method like any other, whose backbone stays."""

from visavis.methods import Method
from visavis.methods.pretraining.embedder import PageEmbedder
from visavis.methods.pretraining.export import graphs
from visavis.methods.pretraining.protocol import PROTOCOLS, evaluate
from visavis.methods.pretraining.recipe import PretrainingRecipe
from visavis.methods.pretraining.training import train

METHOD = Method(PretrainingRecipe, train, PageEmbedder, evaluate, PROTOCOLS, graphs=graphs)
