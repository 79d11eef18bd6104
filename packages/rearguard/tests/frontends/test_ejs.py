"""EJS templates: outputs, contexts, and control flow that nests across tags."""

from collections.abc import Callable

import pytest
from rearguard.frontends.ejs import OUTPUT, read_ejs
from rearguard.program import If, Loop, Module, Op, instructions, walk

Check = Callable[[Module, bytes], None]
Dump = Callable[..., str]


def lowered(source: str, check_module: Check) -> Module:
    text = source.encode()
    module = read_ejs(text)
    check_module(module, text)
    assert module.language == "ejs"
    assert not module.errors
    assert not module.unlowered
    return module


def outputs(module: Module) -> list[tuple[bool, object]]:
    """Whether each output is raw, and its context."""
    return [
        (made.keys == ("raw",), made.value)
        for function in module.functions.values()
        for made in instructions(function.body)
        if made.op == Op.CALL and made.value is not None
    ]


def test_an_output_is_a_call(check_module: Check, dump: Dump) -> None:
    source = "<p><%= user.name %></p>"
    module = lowered(source, check_module)
    assert dump(module).splitlines() == [
        "%0 = LOAD user",
        "%1 = ATTR name %0",
        f"%2 = LOAD {OUTPUT}",
        "%3 = CALL %2 %1 'html'",
    ]
    assert not module.functions["<module>"].locals
    call = module.functions["<module>"].body[-1]
    assert source[call.start : call.end] == "<%= user.name %>"


def test_a_raw_output_says_so(check_module: Check, dump: Dump) -> None:
    module = lowered("<%- body -%>", check_module)
    assert dump(module).splitlines()[-1] == "%2 = CALL %1 raw=%0 'html'"


def test_contexts_follow_the_markup(check_module: Check) -> None:
    module = lowered(
        """<a href="<%= a %>" title='<%- b %>' onclick="f(<%= c %>)" x=<%= d %>><%= e %></a>"""
        """<script>v = <%- f %></script><style><%= g %></style>""",
        check_module,
    )
    assert outputs(module) == [
        (False, "link"),
        (True, "attribute"),
        (False, "event-handler"),
        (False, "attribute-unquoted"),
        (False, "html"),
        (True, "script-code"),
        (False, "style"),
    ]


def test_control_flow_nests_across_tags(check_module: Check, dump: Dump) -> None:
    module = lowered(
        "<ul>\n<% for (const item of items) { %>\n  <% if (item.ok) { %>\n    <li><%= item.name %></li>\n"
        "  <% } else { %>no<% } %>\n<% } %>\n</ul>",
        check_module,
    )
    assert dump(module).splitlines() == [
        "%0 = LOAD items",
        "loop:",
        "  %1 = ITER value %0",
        "  STORE item %1",
        "  %2 = LOAD item",
        "  %3 = ATTR ok %2",
        "  if %3:",
        "    %4 = LOAD item",
        "    %5 = ATTR name %4",
        f"    %6 = LOAD {OUTPUT}",
        "    %7 = CALL %6 %5 'html'",
    ]


def test_callbacks_nest_across_tags(check_module: Check, dump: Dump) -> None:
    module = lowered("<% items.forEach(function (i) { %><b><%= i %></b><% }) %>", check_module)
    assert dump(module, "<1>").splitlines()[-1] == "%2 = CALL %1 %0 'html'"


def test_include_stays_a_call(check_module: Check, dump: Dump) -> None:
    module = lowered("<%- include('partials/head', { title }) %>", check_module)
    assert dump(module).splitlines() == [
        "%0 = LOAD include",
        "%1 = CONST 'partials/head'",
        "%2 = LOAD title",
        "%3 = COLLECT dict title=%2",
        "%4 = CALL %0 %1 %3",
        f"%5 = LOAD {OUTPUT}",
        "%6 = CALL %5 raw=%4 'html'",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "<%= a; %>",
        "<%= a // why %>",
        "<%_ f() // why _%><%= a %>",
        "<% f() %><%= a %>",
        "<% f(); %> <%= (a) %>",
        "<%= a // why %><% f() %>",
        "<% if (f()) { // why %><%= a %><% } %>",
        "<% switch (f()) { %> <% case 1: %><%= a %><% break %> <% } %>",
        "<%# not <%= b %> <%= a %>",
        "<%% <%= a %> %%>",
        "<%= a\n%>\r\n<%\nf()\n%>",
        "<% f() %><% (b) %><%= a %>",
    ],
)
def test_every_tag_stands_for_itself(source: str, check_module: Check) -> None:
    module = lowered(source, check_module)
    assert outputs(module) == [(False, "html")]
    loaded = [made.name for made in instructions(module.functions["<module>"].body) if made.op == Op.LOAD]
    assert "a" in loaded
    assert ("f" in loaded) == ("f(" in source)


def test_parentheses_in_code_are_no_outputs(check_module: Check) -> None:
    assert outputs(lowered("<% (a); f((b)); if ((c)) { (d) } %>", check_module)) == []


def test_regions_lie_in_the_template(check_module: Check) -> None:
    source = "é <% if (a) { %>x<% while (b) { %>y<% } } %> z"
    module = lowered(source, check_module)
    regions = [each for each in walk(module.functions["<module>"].body) if isinstance(each, If | Loop)]
    texts = [source.encode()[each.start : each.end].decode() for each in regions]
    assert texts == ["if (a) { %>x<% while (b) { %>y<% } }", "while (b) { %>y<% }"]


def test_comments_that_suppress_are_recorded() -> None:
    text = b"<%# rearguard: ignore %><% a() // rearguard: x\n%><%# other %>"
    spans = read_ejs(text).comments
    assert [text[start:end] for start, end in spans] == [b"<%# rearguard: ignore %>", b"// rearguard: x"]


def test_a_tag_that_does_not_end_is_an_error(check_module: Check) -> None:
    text = b"<%= a %><p><% if (b) {"
    module = read_ejs(text)
    check_module(module, text)
    assert module.errors == [(11, 22)]
    assert outputs(module) == [(False, "html")]
