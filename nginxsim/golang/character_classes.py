"""Sets of characters in Go's regular expressions.

Source: go 1.26 src/regexp/syntax: perl_groups.go, parse.go (unicodeTable); src/unicode/tables.go.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sys import maxunicode
from typing import TypeAlias

import pcre2

Span: TypeAlias = tuple[int, int]
"""First and last code point."""


def _spans(text: str) -> tuple[Span, ...]:
    """Of "09AZ": 0 to 9, A to Z."""
    return tuple((ord(first), ord(last)) for first, last in zip(text[::2], text[1::2], strict=True))


PERL: Mapping[str, Sequence[Span]] = {"d": _spans("09"), "s": _spans("\t\n\f\r  "), "w": _spans("09AZ__az")}
POSIX: Mapping[str, Sequence[Span]] = {
    "alnum": _spans("09AZaz"),
    "alpha": _spans("AZaz"),
    "ascii": _spans("\0\x7f"),
    "blank": _spans("\t\t  "),
    "cntrl": _spans("\0\x1f\x7f\x7f"),
    "digit": _spans("09"),
    "graph": _spans("!~"),
    "lower": _spans("az"),
    "print": _spans(" ~"),
    "punct": _spans("!/:@[`{~"),
    "space": _spans("\t\r  "),
    "upper": _spans("AZ"),
    "word": _spans("09AZ__az"),
    "xdigit": _spans("09AFaf"),
}


@dataclass(slots=True)
class Class:
    """A set of characters. `properties`: what else is in it, by Unicode's classes."""

    is_negated: bool = False
    ignores_case: bool = False
    spans: list[Span] = field(default_factory=list)
    properties: list[Callable[[str], bool]] = field(default_factory=list)

    def add(self, spans: Iterable[Span], *, negated: bool = False) -> None:
        """Whether case counts is settled before what is said to be none of these is turned round."""
        whole = _with_other_cases(spans) if self.ignores_case else spans
        self.spans += _all_but(whole) if negated else whole

    def add_property(self, name: str, *, negated: bool) -> None:
        r"""What \p{name} is. Raises ValueError for a name that Go does not know."""
        name = name.replace("_", "").replace("-", "").replace(" ", "").capitalize()
        if name in _SPANS:
            self.add(_SPANS[name], negated=negated)
            return
        has = _property(name)
        if self.ignores_case:
            self.properties.append(lambda letter: any(map(has, _cases(letter))) != negated)
        else:
            self.properties.append(lambda letter: has(letter) != negated)

    def has(self, letter: str) -> bool:
        return (self._lists(letter) or any(has(letter) for has in self.properties)) != self.is_negated

    def _lists(self, letter: str) -> bool:
        cases = _cases(letter) if self.ignores_case and not letter.isascii() else (letter,)
        return any(first <= ord(case) <= last for case in cases for first, last in self.spans)


def _all_but(spans: Iterable[Span]) -> Iterator[Span]:
    at = 0
    for first, last in sorted(spans):
        if first > at:
            yield at, first - 1
        at = max(at, last + 1)
    if at <= maxunicode:
        yield at, maxunicode


def _with_other_cases(spans: Iterable[Span]) -> Iterator[Span]:
    """Of letters in long spans beyond ASCII the other cases are not listed; has() looks for these."""
    for first, last in spans:
        yield first, last
        for number in range(first, min(last, first + _LONG) + 1):
            yield from ((ord(case), ord(case)) for case in _cases(chr(number)))


def _cases(letter: str) -> set[str]:
    """The letters that differ from it in case only, but for a dotless i, which has no other case to Go."""
    cases = {letter, letter.lower(), letter.upper(), letter.casefold(), *_BEYOND.get(letter.lower(), "")}
    return {case for case in cases if len(case) == 1 and case.casefold() == letter.casefold()}


_LONG = 0x7F
_BEYOND = {"k": "\u212a", "s": "\u017f"}
"""Characters beyond ASCII that have a letter of it as another case: the sign of kelvin, the long s."""


# Unicode's own classes


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CATEGORIES = _names("""
    C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs
""")
_ALIASES = dict(
    pair.split("=")
    for pair in _names("""
    Casedletter=LC Closepunctuation=Pe Combiningmark=M Connectorpunctuation=Pc Control=Cc Currencysymbol=Sc
    Dashpunctuation=Pd Decimalnumber=Nd Enclosingmark=Me Finalpunctuation=Pf Format=Cf Initialpunctuation=Pi
    Letter=L Letternumber=Nl Lineseparator=Zl Lowercaseletter=Ll Mark=M Mathsymbol=Sm Modifierletter=Lm
    Modifiersymbol=Sk Nonspacingmark=Mn Number=N Openpunctuation=Ps Other=C Otherletter=Lo Othernumber=No
    Otherpunctuation=Po Othersymbol=So Paragraphseparator=Zp Privateuse=Co Punctuation=P Separator=Z
    Spaceseparator=Zs Spacingmark=Mc Surrogate=Cs Symbol=S Titlecaseletter=Lt Unassigned=Cn Uppercaseletter=Lu
    Cntrl=Cc Digit=Nd Punct=P
""")
)
_SCRIPTS = _names("""
    Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid
    Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cyrillic Deseret Devanagari Dogra Duployan
    Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran
    Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki Khudawadi Lao Latin
    Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Medefaidrin Miao Modi
    Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya Osage Osmanya Palmyrene
    Phoenician Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac
    Tagalog Tagbanwa Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai
    Vithkuqi Wancho Yezidi Yi
""")
"""Those whose names are one word. Go finds none of the others, whose underscores it leaves out of what it looks for."""


_SPANS: Mapping[str, Sequence[Span]] = {"Any": [(0, maxunicode)], "Ascii": POSIX["ascii"]}
_CASED = ("Lu", "Ll", "Lt")


def _property(name: str) -> Callable[[str], bool]:
    category = "LC" if name == "Lc" else _ALIASES.get(name, name)
    if name == "Assigned":
        return lambda letter: unicodedata.category(letter) != "Cn"
    if category == "LC":
        return lambda letter: unicodedata.category(letter) in _CASED
    if category in _CATEGORIES:
        return lambda letter: unicodedata.category(letter).startswith(category)
    if name in _SCRIPTS:
        script = pcre2.compile(f"\\p{{sc:{name}}}".encode(), pcre2.U)
        return lambda letter: script.search(letter.encode(errors="replace")) is not None
    raise ValueError(f'invalid character class range: there is no class "{name}"')
