"""Questions put to the method, each answered by one command: `visavis study NAME`."""

from visavis.methods.relative_attributes.studies import baselines, initial_scale, localiser

STUDIES = {
    "initial-scale": initial_scale.study,
    "localiser": localiser.study,
    "baselines": baselines.study,
}
