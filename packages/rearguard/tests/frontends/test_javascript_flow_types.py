"""Flow's annotations in `.js` files are read with the grammar that knows annotations."""

from rearguard.frontends import read_javascript

ANNOTATED = b"""// @flow
import type { Request } from './types';
export function find(id: string, options: { limit: number }): Promise<any> {
  return db.find(id, options.limit);
}
"""


def test_annotated_functions_are_read_whole() -> None:
    module = read_javascript(ANNOTATED, "javascript")
    assert module.errors == []
    assert module.language == "javascript"
    assert [p.name for p in module.functions["find"].params] == ["id", "options"]


def test_a_file_broken_in_both_grammars_keeps_its_errors() -> None:
    module = read_javascript(b"function f( { return 1;", "javascript")
    assert module.errors
