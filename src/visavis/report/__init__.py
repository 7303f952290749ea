"""Reports: RESULTS.md, the tables in the methods' READMEs, and the page of one trained model."""
