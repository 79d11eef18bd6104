"""XML without entities, DTDs or external references, and within bounds.

ASVS v5.0.0-1.5.1 (XXE). Needs the extra `strongback[xml]`.
"""

import io
from xml.etree.ElementTree import Element, ParseError

try:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.inputs.xml needs the extra: pip install 'strongback[xml]'") from error

from strongback.errors import DeniedError, LimitExceededError

__all__ = ["XmlRefusedError", "parse_xml"]


class XmlRefusedError(DeniedError):
    """Not well-formed, or with a document type, entities or external references."""

    status = 400


def parse_xml(
    data: bytes, *, max_bytes: int = 1024 * 1024, max_depth: int = 64, max_elements: int = 50_000
) -> Element:
    """The root element. Raises XmlRefusedError, or LimitExceededError beyond a bound."""
    if len(data) > max_bytes:
        raise LimitExceededError("the document is too large")
    root: Element | None = None
    depth = count = 0
    try:
        for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            if event == "end":
                depth -= 1
                continue
            root = element if root is None else root
            depth += 1
            count += 1 + len(element.attrib)
            if depth > max_depth or count > max_elements:
                raise LimitExceededError("the document is too deep or has too many elements")
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise XmlRefusedError("not acceptable XML") from None
    if root is None:
        raise XmlRefusedError("no root element")
    return root
