"""What the reports in XML have in common."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from nginxsim.printing import printed, visible

# Characters that XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(root: ET.Element) -> str:
    """The whole document, indented, without an end of line; what XML cannot hold or a log would obey is escaped.

    The text of an element may have several lines, an attribute has one.
    """
    for element in root.iter():
        for name, value in element.attrib.items():
            element.set(name, _writable(visible(value)))
        if element.text:
            element.text = _writable(printed(element.text.split("\n")))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
