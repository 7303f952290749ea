"""Trained networks for use elsewhere: ONNX files, compared with torch, and how to feed and read them."""
