"""modsecurity_rules: ModSecurity reads the rules when nginx starts.

Directives and the shape of their values are looked at; of rules, that they have an operator, closed quotes and an id.
"""

# owasp-modsecurity/ModSecurity-nginx 1.0.4: src/ngx_http_modsecurity_module.c
# owasp-modsecurity/ModSecurity 3.0.14: src/parser/seclang-scanner.ll, seclang-parser.yy, driver.cc

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.seclang import ACTION, NAME, RULE, lines
from nginxsim.nginx.tree import Directive

NUMBER = re.compile(r'[ \t]+"?[0-9]+"?')
PATH = re.compile(r'[ \t]+(?:[0-9A-Za-z_/.*:-]+|"[0-9A-Za-z_/.*:-]+")')
FREE = re.compile(r"[ \t]*.+")
QUOTED = re.compile(r'[ \t]+".*"')
WORD = re.compile(
    r"(?:[ \t]+(?i:on|off|detectiononly|relevantonly|serial|parallel|concurrent|https|abort|warn|reject|"
    r"processpartial|json|native))?"
)
NOTHING = re.compile("")

SHAPES = {
    NUMBER: """
        SecAuditLogDirMode SecAuditLogFileMode SecDebugLogLevel SecPcreMatchLimit SecPcreMatchLimitRecursion
        SecArgumentsLimit SecRequestBodyJsonDepthLimit SecRequestBodyInMemoryLimit SecRequestBodyLimit
        SecRequestBodyNoFilesLimit SecResponseBodyLimit SecUploadFileLimit SecUploadFileMode SecCookieFormat
        SecRulePerfTime SecCollectionTimeout
    """,
    PATH: """
        SecAuditLogStorageDir SecAuditLog SecAuditLog2 SecDebugLog SecUploadDir SecDataDir SecTmpDir SecRuleScript
        SecChrootDir SecGsbLookupDb Include
    """,
    FREE: """
        SecWebAppId SecArgumentSeparator SecAuditLogParts SecAuditLogRelevantStatus SecGeoLookupDb SecMarker
        SecUnicodeMapFile SecRuleRemoveById SecRuleRemoveByMsg SecRuleRemoveByTag SecRuleUpdateTargetByTag
        SecRuleUpdateTargetByMsg SecRuleUpdateTargetById SecRuleUpdateActionById SecResponseBodyMimeType
        SecCookieV0Separator SecStatusEngine SecCacheTransformations SecConnReadStateLimit SecConnWriteStateLimit
        SecSensorId SecHttpBlKey SecRemoteRules SecRule SecAction SecDefaultAction
    """,
    QUOTED: "SecComponentSignature SecServerSignature",
    WORD: """
        SecAuditEngine SecAuditLogFormat SecAuditLogType SecRequestBodyLimitAction SecRequestBodyAccess
        SecResponseBodyLimitAction SecResponseBodyAccess SecRuleEngine SecContentInjection SecUploadKeepFiles
        SecTmpSaveUploadedFiles SecXmlExternalEntity SecConnEngine SecHashEngine SecHashKey SecHashParam SecHashMethodRx
        SecHashMethodPm SecGuardianLog SecInterceptOnError SecRuleInheritance SecStreamInBodyInspection
        SecStreamOutBodyInspection SecDisableBackendCompression SecRemoteRulesFailAction
    """,
    NOTHING: "SecResponseBodyMimeTypesClear",
}
SHAPE_OF: Mapping[str, re.Pattern[str]] = {
    name.lower(): shape for shape, names in SHAPES.items() for name in names.split()
}

Shape: TypeAlias = Callable[[str], re.Match[str] | None]
FILE = "<<reference missing or not informed>>"


def rules(_: Conf, __: Scope, d: Directive, ___: str) -> None:
    chained = False
    for number, column, line in lines(d.args[0]):
        match = NAME.match(line)
        name = match[0].lower() if match else ""
        if name not in SHAPE_OF:
            raise invalid(d, _unreadable(number, column, line))
        rest = line[len(name) :]
        if not SHAPE_OF[name].fullmatch(rest):
            raise invalid(d, _error(number, column + len(line) + 1, f"Invalid input:  {line}"))
        if name in ("secrule", "secaction"):
            chained = _rule(d, number, column, line, RULE if name == "secrule" else ACTION, chained=chained)


def _error(line: int, column: int, why: str) -> str:
    return f"Rules error. File: {FILE}. Line: {line}. Column: {column}. {why}"


def _unreadable(number: int, column: int, line: str) -> str:
    for mark, name in (('"', "QUOTATION_MARK"), (",", '","')):
        if line.startswith(mark):
            return _error(number, column + 1, f"syntax error, unexpected {name}")
    return _error(number, column + len(line.encode(errors="replace")) + 1, f"Invalid input:  {line}")


def _rule(d: Directive, number: int, column: int, line: str, shape: Shape, *, chained: bool) -> bool:
    """Whether the next rule is chained to this one."""
    name = NAME.match(line)
    match = shape(line[name.end() if name else 0 :])
    if match is None:
        raise invalid(d, _error(number, column + len(line), "syntax error"))
    actions = (match["actions"] or "").strip('"')
    words = [word.strip().lower() for word in actions.split(",")]
    if not chained and not any(word.startswith("id:") for word in words):
        raise invalid(d, _error(number, column + len(line), "Rules must have at least id action"))
    return "chain" in words


def transaction_id(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    for word in d.args:
        conf.text(scope, d, word)


READERS: dict[str, ArgumentReader] = {"modsecurity_rules": rules, "modsecurity_transaction_id": transaction_id}
