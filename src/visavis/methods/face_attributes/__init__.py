"""Face attributes from image-level tags: Liu et al., ICCV 2015."""

from visavis.methods import Method
from visavis.methods.face_attributes.evaluation import evaluate
from visavis.methods.face_attributes.evaluation_pictures import draw_evaluation
from visavis.methods.face_attributes.export import graphs
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.protocol import PROTOCOLS
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.studies import STUDIES
from visavis.methods.face_attributes.training import train

METHOD = Method(
    FacesRecipe, train, FaceReader, evaluate, PROTOCOLS, STUDIES, draw=draw_evaluation, graphs=graphs
)
