"""XML: libxmljs, and questions asked of documents.

API references: https://github.com/libxmljs/libxmljs/wiki, https://github.com/goto100/xpath. The other
parsers of npm (xml2js, fast-xml-parser, sax, @xmldom/xmldom) read no external entities and have no rows.
"""

from rearguard.models.concepts import XmlParse, XPathQuery
from rearguard.models.dsl import Library

__all__ = ["MARKUP"]

_PACKAGES = "{libxmljs,libxmljs2}"

MARKUP = Library(
    name="markup",
    language="javascript",
    packages=("libxmljs", "libxmljs2", "xpath", "xpath.js"),
    types={
        "Document": (
            f"{_PACKAGES}.{{parseXml,parseXmlString,parseXmlAsync,parseHtml}}()",
            "Document.{root,get,child}()",
        ),
    },
    concepts=(
        XmlParse(
            f"{_PACKAGES}.{{parseXml,parseXmlString}}(0)",
            unless="(1).noent",
            safe=("False",),
            default=False,
        ),
        XmlParse(
            f"{_PACKAGES}.{{parseXml,parseXmlString}}(0)",
            unless="(1).huge",
            safe=("False",),
            default=False,
            risk="memory",
        ),
        XPathQuery("Document.{get,find}(0)"),
        XPathQuery("xpath.{select,select1,evaluate,parse}(0)"),
        XPathQuery("xpath.useNamespaces()(0)"),
        XPathQuery("xpath.js(1)"),
    ),
)
