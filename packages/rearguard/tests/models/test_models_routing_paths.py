"""Names of the parts of paths, as the frameworks write them."""

import pytest
from rearguard.models.routing import part_names


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/items/{item_id}", {"item_id"}),
        ("/items/{item_id:int}", {"item_id"}),
        ("/files/{rest:path}", {"rest"}),
        ("/files/{path:path}", {"path"}),
        ("/items/{int:item_id}", {"item_id"}),
        ("/items/{slug}", {"slug"}),
        ("/items/{name:[a-z]+}/x", {"name"}),
        ("/items/{name*}", {"name"}),
        ("/items/<int:item_id>/<name>", {"item_id", "name"}),
        ("/items/<any(a, b):kind>", {"kind"}),
        ("/items/<item_id:int>", {"item_id"}),
        ("/items/:id", {"id"}),
        (r"/items/:id(\d+)/:from-:to", {"id", "from", "to"}),
        ("/items/:id?", {"id"}),
        ("/items", set()),
        ("", set()),
    ],
)
def test_names_of_parts(path: str, names: set[str]) -> None:
    assert part_names(path) == names
