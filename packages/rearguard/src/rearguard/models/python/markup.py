"""XML: lxml, the standard library's parsers, and questions asked of documents.

Which parser resolves what: https://docs.python.org/3/library/xml.html#xml-security, https://lxml.de/FAQ.html
("How do I use lxml safely as a web-service endpoint?"), https://lxml.de/parsing.html; defusedxml refuses
entities and has no rows. The standard library's parsers read no external entities (since 3.7.1), and bound
the expansion of internal ones with Expat 2.4.1 and newer.
"""

from rearguard.models.concepts import Context, EntitiesOn, Sanitizer, XmlParse, XPathQuery
from rearguard.models.dsl import Library

__all__ = ["MARKUP"]

_OFF = ("False", "internal")

LXML = Library(
    name="lxml",
    language="python",
    packages=("lxml",),
    types={
        "Parser": ("lxml.etree.{XMLParser,ETCompatXMLParser,XMLPullParser}()",),
        "Document": (
            "lxml.etree.{fromstring,XML,parse,ElementTree}()",
            "lxml.html.{fromstring,parse,document_fromstring}()",
            "Document.{getroot,find,getroottree}()",
            "Document[]",
        ),
    },
    concepts=(
        XmlParse(
            "lxml.etree.{fromstring,XML}(0|text)",
            parser="(1|parser)",
            unless="(resolve_entities)",
            safe=_OFF,
            since="5.0",
        ),
        XmlParse(
            "lxml.etree.parse(0|source)",
            parser="(1|parser)",
            unless="(resolve_entities)",
            safe=_OFF,
            since="5.0",
        ),
        XmlParse(
            "lxml.etree.fromstringlist(0|strings)",
            parser="(1|parser)",
            unless="(resolve_entities)",
            safe=_OFF,
            since="5.0",
        ),
        XmlParse("lxml.etree.iterparse(0|source)", unless="(resolve_entities)", safe=_OFF, since="6.1"),
        XmlParse("Parser.feed(0|data)", parser="(self)", unless="(resolve_entities)", safe=_OFF, since="5.0"),
        # Bombs of entities pass where the parser's own limits are switched off.
        XmlParse(
            "lxml.etree.{fromstring,XML,parse}(0)",
            parser="(1|parser)",
            unless="(huge_tree)",
            safe=("False",),
            default=False,
            risk="memory",
        ),
        XPathQuery("Document.xpath(0|_path)"),
        XPathQuery("Document.{findall,iterfind,findtext}(0|path)"),
        XPathQuery("lxml.etree.{XPath,ETXPath}(0|path)"),
        XPathQuery("lxml.etree.XPathEvaluator()(0)"),
    ),
)

XML_LIBRARY = Library(
    name="xml",
    language="python",
    packages=(),
    types={
        "Sax": ("xml.sax.{make_parser,expatreader.create_parser}()",),
        "Tree": (
            "xml.etree.ElementTree.{parse,fromstring,XML}()",
            "defusedxml.ElementTree.{parse,fromstring,XML}()",
            "Tree.{getroot,find}()",
        ),
    },
    concepts=(
        XmlParse("Sax.parse(0|source)", parser="(self)", feature="xml.sax.handler.feature_external_ges"),
        XmlParse(
            "xml.dom.pulldom.{parse,parseString}(0)",
            parser="(parser)",
            feature="xml.sax.handler.feature_external_ges",
        ),
        XmlParse(
            "xml.dom.minidom.{parse,parseString}(0)",
            parser="(1|parser)",
            feature="xml.sax.handler.feature_external_ges",
        ),
        EntitiesOn("Sax.setFeature(0)", feature="feature_external_ges", value="(1)"),
        XPathQuery("Tree.{find,findall,iterfind,findtext}(0|path)"),
        Sanitizer("xml.sax.saxutils.quoteattr()", (Context.XPATH,)),
    ),
)

XPATHS = Library(
    name="xpaths",
    language="python",
    packages=("elementpath", "parsel"),
    types={"Selector": ("parsel.Selector()", "Selector.{xpath,css}()")},
    concepts=(
        XPathQuery("elementpath.{select,iter_select}(1|path)"),
        XPathQuery("Selector.xpath(0|query)"),
    ),
)

MARKUP = (LXML, XML_LIBRARY, XPATHS)
