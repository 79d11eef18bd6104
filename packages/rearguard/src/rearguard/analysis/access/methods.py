"""Common methods of data by name, for values that no model knows."""

_SAME = """
_get_current_object
all at catch clone copy dict distinct entries exec exec_ execute fetch fetchall fetchmany fetchone
filter finally find first first_or_404 get_json get_one items join json last lean limit mappings
model_dump offset one one_or_404 one_or_none options orFail orderBy order_by outerjoin populate
prefetch_related refresh returning scalar scalar_one scalar_one_or_none scalars select_related skip
skip sort then toArray toJSON toObject to_dict unique unwrap valueOf values with_for_update
"""
_TEXTUAL = """
Boolean Number String atob b64decode bool concat decode decodeJwt decodeURIComponent decode_jwt
encode endsWith endswith exec format from get_unverified_claims get_unverified_header includes
indexOf int isArray isinstance join jwtDecode jwt_decode keys len loads lower match parse parseInt
partition removeprefix replace replaceAll rpartition slice split startsWith startswith str strip
substr substring test toLowerCase toString toUpperCase trim unquote upper
"""

GETTERS = frozenset(
    ("get", "getlist", "getall", "get_all", "pop", "setdefault", "getFirst", "header", "param")
)
"""Methods that read an entry by its key."""
SAME = frozenset(_SAME.split())
"""Methods whose result is the receiver, an element of it, or the same in another form."""
TEXTUAL = frozenset(_TEXTUAL.split())
"""Functions that look at a text and verify nothing."""
RUNS = frozenset(("exec", "execute", "scalar", "scalars", "stream", "fetch_one", "fetch_all"))
"""Methods of connections that run the statement they are given."""
CHECKED = frozenset(("cleaned_data", "validated_data"))
"""Members of forms and serializers that hold what passed their checks (Django, Django REST framework)."""
LENGTH = frozenset(("slice", "substring", "substr"))
"""Methods that cut a text to a length."""
DECIDED = frozenset(("some", "every"))
"""Methods that answer yes or no, by what a function says of the elements."""
OVER = frozenset(("map", "forEach", "filter", "find", "some", "every", "flatMap", "then", "findIndex"))
"""Methods that hand elements, or the value that is awaited, to a function."""
URL_WORDS = frozenset(
    (
        "path",
        "path_info",
        "raw_path",
        "full_path",
        "get_full_path",
        "pathname",
        "url",
        "uri",
        "rel_url",
        "originalUrl",
        "baseUrl",
        "endpoint",
        "rule",
        "url_rule",
        "url_name",
        "view_name",
    )
)
"""Members of a request that say which route it is for."""

__all__ = ["CHECKED", "DECIDED", "GETTERS", "LENGTH", "OVER", "RUNS", "SAME", "TEXTUAL", "URL_WORDS"]
