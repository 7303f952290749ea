"""Hand-made descriptors and linear learners that papers compare with; nothing here is a network."""
