"""Networks: pure torch, no training code."""
