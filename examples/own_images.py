"""Train on your own photos and sketches, fill a gallery, search it: the commands' work from Python.

    python examples/own_images.py my/items.csv my/sketches/boot.png

The table is described in docs/own-data.md. Without arguments: rendered shoes, and seconds instead of minutes.
"""

import sys
from pathlib import Path

import visavis
from visavis.datasets import open_dataset
from visavis.methods import find_recipe, get_method
from visavis.methods.sketch_retrieval.search import draw_strip, index_items, search_gallery


def main(table: str, sketch: Path, recipe_name: str, folder: Path) -> None:
    """Leave a run, a gallery and a picture of the answers in `folder`."""
    recipe = find_recipe(recipe_name, [f"data={table}", "photo_domains=[photo]"])
    bundle = get_method(recipe.method).train(recipe, folder / "run", False)
    if bundle is None:
        sys.exit("interrupted; call again to go on")
    model = visavis.load(bundle.path)
    photos = open_dataset(table).select(domain="photo").items
    index_items(model, str(bundle.path), photos, folder / "gallery.lance")
    gallery = visavis.Gallery.open(folder / "gallery.lance")
    hits = search_gallery(model, gallery, sketch, domain="sketch", k=5)
    for hit in hits:
        print(hit.rank, f"{hit.score:.3f}", hit.path)
    draw_strip(sketch, hits, folder / "answers.png")
    print(folder / "answers.png")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(sys.argv[1], Path(sys.argv[2]), "sketch_retrieval/small", Path("runs/own-images"))
    else:
        shoes = "rendered-shoes-40"
        drawing = open_dataset(shoes).select(split="test", domain="sketch").items["path"][0]
        main(shoes, Path(drawing), "sketch_retrieval/tiny", Path("runs/example"))
