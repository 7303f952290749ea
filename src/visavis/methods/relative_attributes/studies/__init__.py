"""Questions put to the method, each answered by one command: `visavis study NAME`."""

from visavis.methods.relative_attributes.studies.baselines import baselines
from visavis.methods.relative_attributes.studies.initial_scale import initial_scale
from visavis.methods.relative_attributes.studies.localiser import localiser

STUDIES = {"initial-scale": initial_scale, "localiser": localiser, "baselines": baselines}
