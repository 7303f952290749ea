"""What is searched: a durable store of embeddings, and the exact search over it."""

from visavis.gallery.index import Hit
from visavis.gallery.store import Gallery

__all__ = ["Gallery", "Hit"]
