"""Questions put to the method, each answered by one command: `visavis study NAME`."""

from visavis.methods.relative_attributes.studies import (
    all_attributes,
    baselines,
    initial_scale,
    localiser,
    regions,
)

STUDIES = {
    "all-attributes": all_attributes.study,
    "regions": regions.study,
    "initial-scale": initial_scale.study,
    "localiser": localiser.study,
    "baselines": baselines.study,
}
