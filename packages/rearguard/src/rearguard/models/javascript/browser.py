"""Scripts in the browser: where pages get values from, and where markup, code and addresses end up.

API references: https://developer.mozilla.org/docs/Web/API (Location, Window.postMessage, Element.innerHTML,
Document.write), https://api.jquery.com/, https://react.dev/reference/react-dom/components/common
"""

from rearguard.models.concepts import CodeExecution, HtmlMarkup, PageInput, PageMarkup, Redirect
from rearguard.models.dsl import Library

__all__ = ["BROWSER"]

_WINDOWS = "{window,self,top,parent}"
_WALKS = (
    "{find,closest,parent,parents,children,siblings,eq,first,last,next,prev,filter,not,end,add,addClass,"
    "removeClass,toggleClass,attr,prop,css,text,val,html,append,prepend,empty,show,hide,on,off}"
)

BROWSER = Library(
    name="browser",
    language="javascript",
    packages=("jquery", "react"),
    types={
        "Window": (f"global.{_WINDOWS}", "global.document.defaultView"),
        "Location": ("global.location", "{Window,global.document}.location"),
        "Message": (
            "{global,Window}.addEventListener(1@message)",
            "Window.onmessage(@=)",
        ),
        "Jquery": ("global.{$,jQuery}", "Window.{$,jQuery}", "jquery", "jquery.default"),
        "Selection": ("Jquery()", f"Selection.{_WALKS}()"),
    },
    concepts=(
        PageInput("Location.{search,hash,href}", channel="address"),
        PageInput("global.document.{URL,documentURI,referrer}", channel="address"),
        PageInput("Message<0>.data", channel="message"),
        PageInput("{global,Window}.{localStorage,sessionStorage}.getItem()", channel="storage"),
        PageMarkup("*.{innerHTML,outerHTML,srcdoc}"),
        PageMarkup("*.insertAdjacentHTML(1)"),
        PageMarkup("*.createContextualFragment(0)"),
        PageMarkup("global.document.{write,writeln}(0:)"),
        PageMarkup("Selection.{html,append,prepend,after,before,replaceWith,wrap,wrapAll,wrapInner}(0)"),
        PageMarkup("Jquery.parseHTML(0)"),
        CodeExecution("Jquery.globalEval(0)"),
        HtmlMarkup("jsx(0).dangerouslySetInnerHTML.__html"),
        Redirect("Location.href"),
        Redirect("{Window,global.document}.location"),
        Redirect("Location.{assign,replace}(0)"),
        Redirect("{global,Window}.open(0)"),
    ),
)
