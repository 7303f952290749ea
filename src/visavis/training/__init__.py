"""Training: recipes, and `fit` with checkpoints, exact resume and progress."""
