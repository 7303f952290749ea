"""Questions put to the method, each answered by one command: `visavis study NAME`."""

from visavis.methods.face_attributes.studies import (
    baselines,
    concepts,
    detector,
    joint,
    pretraining,
    readout,
    several,
    tags,
)

STUDIES = {
    "baselines": baselines.study,
    "detector": detector.study,
    "several": several.study,
    "readout": readout.study,
    "concepts": concepts.study,
    "joint": joint.study,
    "tags": tags.study,
    "pretraining": pretraining.study,
}
