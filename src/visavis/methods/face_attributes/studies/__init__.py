"""Questions put to the method, each answered by one command: `visavis study NAME`."""

from visavis.methods.face_attributes.studies import baselines

STUDIES = {
    "baselines": baselines.study,
}
