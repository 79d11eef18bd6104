"""What comes into a page while it is shown: answers of the server, and what is typed in.

API references: https://developer.mozilla.org/docs/Web/API, https://api.jquery.com/, https://axios-http.com/
"""

from rearguard.models.concepts import PageInput, PageMarkup, StoredInput
from rearguard.models.dsl import Library

__all__ = ["ANSWERS"]

_JQUERY = "{global.$,global.jQuery,global.window.$,global.window.jQuery}"

ANSWERS = Library(
    name="answers",
    language="javascript",
    packages=(),
    types={
        "Element": (
            "global.document.{getElementById,querySelector,createElement}()",
            "global.document.{getElementsByName,getElementsByClassName,querySelectorAll}()[]",
        ),
        "Asked": ("{global,global.window}.XMLHttpRequest()",),
        "Answered": (
            f"{_JQUERY}.{{get,post,getJSON}}(1:)",
            f"{_JQUERY}.ajax(0:).success",
            f"{_JQUERY}.{{ajax,get,post,getJSON}}().{{done,then,success}}(0)",
        ),
        "Arrival": (),
    },
    shapes={"Arrival": r"e|ev|evt|event|msg|message"},
    concepts=(
        PageInput("Element.value", channel="typed"),
        PageInput("browser:Selection.val()", channel="typed"),
        StoredInput("Arrival.data"),
        StoredInput("{global,global.window}.fetch()"),
        StoredInput("global.axios()"),
        StoredInput("global.axios.{get,post,put,patch,delete,request}()"),
        StoredInput("Asked.{response,responseText}"),
        StoredInput("*.responseText"),
        StoredInput("Answered<0>"),
        PageMarkup("browser:Jquery(0)", begins_tag=True),
    ),
)
