"""JavaScript, TypeScript and JSX source to the intermediate representation."""

from collections.abc import Mapping
from functools import cache
from typing import Final, TypeVar

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from rearguard.frontends import javascript_classes as classes
from rearguard.frontends import javascript_expressions as expressions
from rearguard.frontends import javascript_functions as functions
from rearguard.frontends import javascript_jsx as jsx
from rearguard.frontends import javascript_modules as modules
from rearguard.frontends import javascript_operators as operators
from rearguard.frontends import javascript_statements as statements
from rearguard.frontends import javascript_types as types
from rearguard.frontends.javascript_base import IGNORED, Declared, Effect, JavaScript, Rule, Tables, Value
from rearguard.program import Module

__all__ = ["LANGUAGES", "SUPPRESSION", "grammar_of", "lower_tree", "parse_javascript", "read_javascript"]

LANGUAGES: Final = ("javascript", "typescript", "tsx")
"""What `read_javascript` reads. JSX is part of `javascript`."""

SUPPRESSION: Final = b"rearguard:"

_T = TypeVar("_T")

VALUES: Final[Mapping[str, Value]] = {
    "identifier": expressions.name,
    "this": expressions.name,
    "super": expressions.name,
    "import": expressions.name,
    "meta_property": expressions.meta,
    "computed_property_name": expressions.first,
    "string": expressions.string,
    "number": expressions.numeral,
    "true": expressions.true,
    "false": expressions.false,
    "null": expressions.null,
    "undefined": expressions.undefined,
    "regex": expressions.regex,
    "template_string": expressions.template,
    "member_expression": expressions.chain,
    "call_expression": expressions.chain,
    "subscript_expression": expressions.chain,
    "non_null_expression": expressions.chain,
    "new_expression": expressions.new,
    "array": expressions.array,
    "object": expressions.object_literal,
    "parenthesized_expression": expressions.first,
    "as_expression": expressions.first,
    "satisfies_expression": expressions.first,
    "instantiation_expression": expressions.first,
    "type_assertion": expressions.last,
    "binary_expression": operators.binary,
    "unary_expression": operators.unary,
    "update_expression": operators.update,
    "await_expression": operators.await_expression,
    "yield_expression": operators.yield_expression,
    "sequence_expression": operators.sequence,
    "assignment_expression": operators.assignment,
    "augmented_assignment_expression": operators.augmented,
    "ternary_expression": operators.ternary,
    "arrow_function": functions.function_value,
    "function_expression": functions.function_value,
    "generator_function": functions.function_value,
    "class": classes.class_value,
    "jsx_element": jsx.element,
    "jsx_self_closing_element": jsx.element,
    "jsx_text": jsx.element_text,
    "html_character_reference": jsx.element_text,
    "jsx_expression": jsx.embedded,
}

EFFECTS: Final[Mapping[str, Effect]] = {
    "binary_expression": operators.binary_effect,
    "unary_expression": operators.unary_effect,
    "sequence_expression": operators.sequence_effect,
    "parenthesized_expression": operators.inner_effect,
    "ternary_expression": operators.ternary_effect,
}

CONDITIONS: Final[Mapping[str, Value]] = {
    "binary_expression": operators.binary_condition,
    "parenthesized_expression": operators.inner_condition,
}

STATEMENTS: Final[Mapping[str, Effect]] = {
    "expression_statement": statements.expression,
    "lexical_declaration": statements.variables,
    "variable_declaration": statements.variables,
    "using_declaration": statements.variables,
    "class_declaration": classes.declare_class,
    "abstract_class_declaration": classes.declare_class,
    "statement_block": statements.block,
    "if_statement": statements.if_statement,
    "switch_statement": statements.switch_statement,
    "for_statement": statements.for_statement,
    "for_in_statement": statements.for_in_statement,
    "while_statement": statements.while_statement,
    "do_statement": statements.do_statement,
    "try_statement": statements.try_statement,
    "with_statement": statements.with_statement,
    "break_statement": statements.leave_loop,
    "continue_statement": statements.leave_loop,
    "labeled_statement": statements.labeled,
    "return_statement": statements.return_statement,
    "throw_statement": statements.throw_statement,
    "import_alias": modules.import_alias,
    "export_statement": modules.export_statement,
    "enum_declaration": statements.enum,
    "internal_module": statements.namespace,
    "module": statements.namespace,
    "interface_declaration": types.record_interface,
    "type_alias_declaration": types.record_type_alias,
}

DECLARED: Final[Mapping[str, Declared]] = {
    "lexical_declaration": statements.lexical_names,
    "using_declaration": statements.lexical_names,
    "function_declaration": statements.named_declaration,
    "generator_function_declaration": statements.named_declaration,
    "class_declaration": statements.named_declaration,
    "abstract_class_declaration": statements.named_declaration,
    "enum_declaration": statements.named_declaration,
    "internal_module": statements.namespace_names,
    "module": statements.namespace_names,
    "import_statement": modules.import_names,
    "import_alias": modules.import_alias_names,
    "export_statement": modules.export_names,
}

NO_EFFECT: Final = (
    "debugger_statement",
    "empty_statement",
    "hash_bang_line",
    "ambient_declaration",
    "function_signature",
)
"""Statements that do nothing when the program runs."""

HOISTED: Final[Mapping[str, Effect]] = {
    "function_declaration": functions.declare_function,
    "generator_function_declaration": functions.declare_function,
    "import_statement": modules.import_statement,
    "export_statement": modules.export_hoisted,
}

NAMEABLE: Final = ("arrow_function", "function_expression", "generator_function", "class")


@cache
def grammar_of(language: str) -> tuple[Language, Tables]:
    """A grammar and its dispatch tables, made on first use."""
    if language == "javascript":
        grammar = Language(tree_sitter_javascript.language())
    elif language == "typescript":
        grammar = Language(tree_sitter_typescript.language_typescript())
    elif language == "tsx":
        grammar = Language(tree_sitter_typescript.language_tsx())
    else:
        raise ValueError(f"not a language of this front end: {language}")
    kinds = range(grammar.node_kind_count)
    rules = {
        name: Rule(STATEMENTS.get(name), DECLARED.get(name), HOISTED.get(name))
        for name in (*STATEMENTS, *HOISTED, *NO_EFFECT)
    }
    return grammar, Tables(
        _by_id(grammar, VALUES),
        _by_id(grammar, {**VALUES, **EFFECTS}),
        _by_id(grammar, {**VALUES, **CONDITIONS}),
        _by_id(grammar, rules),
        _by_id(grammar, {name: name for name in expressions.CHAIN}),
        frozenset(_by_id(grammar, dict.fromkeys(NAMEABLE, ""))),
        frozenset(kind for kind in kinds if not grammar.node_kind_is_named(kind))
        | frozenset(_by_id(grammar, dict.fromkeys(IGNORED, ""))),
        next(iter(_by_id(grammar, {"identifier": ""}))),
        next(iter(_by_id(grammar, {"template_string": ""}))),
        next(iter(_by_id(grammar, {"parenthesized_expression": ""}))),
    )


def _by_id(grammar: Language, table: Mapping[str, _T]) -> dict[int, _T]:
    """The table by the grammar's numeric kinds; one name can have several."""
    found = {}
    for kind in range(grammar.node_kind_count):
        if grammar.node_kind_is_named(kind) and grammar.node_kind_is_visible(kind):
            name = grammar.node_kind_for_id(kind)
            if name is not None and name in table:
                found[kind] = table[name]
    return found


def parse_javascript(text: bytes, language: str) -> Node:
    """The root of the concrete syntax tree. `language` is one of `LANGUAGES`; a `ValueError` if not."""
    return Parser(grammar_of(language)[0]).parse(text).root_node


def read_javascript(text: bytes, language: str) -> Module:
    """Lower a source file. `language` is one of `LANGUAGES`; anything else is a `ValueError`.

    No input makes it raise: broken source gives a partial module with the spans of its errors.
    """
    grammar, tables = grammar_of(language)
    root = Parser(grammar).parse(text).root_node
    if language == "javascript" and root.has_error:
        # Flow's annotations stand in `.js` files, and most of them are spelled as TypeScript's are.
        grammar, typed_tables = grammar_of("tsx")
        typed = Parser(grammar).parse(text).root_node
        if _broken(typed) < _broken(root):
            root, tables = typed, typed_tables
    return lower_tree(text, root, language, tables)


def _broken(root: Node) -> int:
    """Bytes in places that the grammar could not read; a missing token counts one."""
    count = 0
    stack = [root] if root.has_error else []
    while stack:
        node = stack.pop()
        if node.is_error:
            count += node.end_byte - node.start_byte
        elif node.is_missing:
            count += 1
        else:
            stack.extend(child for child in node.children if child.has_error)
    return count


def lower_tree(text: bytes, root: Node, language: str, tables: Tables) -> Module:
    """Lower a parsed tree."""
    low = JavaScript(text, root, language, tables)
    if root.has_error or SUPPRESSION in text:
        survey(low, root)
    low.function_statements(root.children)
    for emit in low.last_exports:
        emit()
    low.scope.locals |= low.implicit
    return low.module()


def survey(low: JavaScript, root: Node) -> None:
    """Find the spans that could not be read, and the comments that suppress findings."""
    comments = SUPPRESSION in low.text
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            low.errors.append(node.byte_range)
            if not comments:
                continue
        elif node.type == "comment" and SUPPRESSION in low.text[node.start_byte : node.end_byte]:
            low.comments.append(node.byte_range)
        if comments or node.has_error:
            stack.extend(reversed(node.children))
