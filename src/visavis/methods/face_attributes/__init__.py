"""Face attributes from image-level tags: Liu et al., ICCV 2015."""
