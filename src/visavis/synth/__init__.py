"""Pictures made from known parameters: what a model should find is known exactly."""
