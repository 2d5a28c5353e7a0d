"""Secrets in texts: what a location may not hold, and the one way in which texts lose the secrets in them.

A secret is the password or token before the ``@`` of a URL, the value of an option whose name says so,
such as ``sig``, or the value of a variable that ``env:NAME`` revealed. ``env:NAME`` itself is no secret.
"""

from __future__ import annotations

import functools
import json
import os
import re
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote, quote_plus, unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = "***"
FEWEST = 6
"""Characters of a value that is searched for in texts; a shorter one stands in too many words."""
_ALONE = 12
"""Below so many characters, letters or digits alone are hidden for people only, as a whole word."""
_LONG_VALUE = 16
"""From so many characters, the value of any option in a variable that was revealed is a secret."""
_HELD = 1 << 16
"""Characters of an unfinished line that are kept back."""


def _written(word: str) -> str:
    """A pattern of a word in letters of any case, since JSON Schema ignores no case."""
    return "".join("[-_]?" if letter == "-" else f"[{letter.upper()}{letter}]" for letter in word)


_WORDS = "|".join(
    _written(word)
    for word in (
        *("passw", "passphrase", "pwd", "secret", "api-key", "access-key", "account-key", "private-key"),
        *("shared-key", "subscription-key"),
    )
)
_WITHIN = "|".join(
    (_WORDS, *map(_written, ("token", "signature", "credential", "authorization", "odbc-connect")))
)
_WHOLE = "|".join(_written(word) for word in ("sig", "sas", "auth", "pass", "pw", "jwt", "bearer"))
_LONG = "|".join(_written(word) for word in ("key", "code"))
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
NAMED = f"env:{_NAME}"
"""The pattern of a secret that is named by its variable."""
_GITHUB = "[Gg][Ii][Tt][Hh][Uu][Bb]"
"""The one scheme with no password before its ``@``: fsspec writes ``github://org:repo@ref``."""
_GOOD = rf"(?:(?:{NAMED}|[^/?#:\s]*):)?{NAMED}@(?![^/?#\s]*@)"
"""What may stand between ``//`` and the host: a user, and names of variables."""
_USER = (
    rf"(?:^|(?<!{_GITHUB}):)//(?!{_GOOD})[^/?#:\[]*(?::|%3[Aa](?=[^/?#]*@))"
    r"(?!:)(?![0-9]*(?:[/?#,;]|$))(?=[\s\S]*@)"
)
_TOKEN = rf"[Hh][Tt][Tt][Pp][Ss]?:[/\\]*(?!{_GOOD})[^/?#]*@"
_BUCKET = r"(?:^|:)(?:(?:[Ss]3[Aa]?|[Gg][Cc]?[Ss])://[^/?#]*@|(?:[Aa][Bb][Ff][Ss]{1,2}|[Aa][Zz]|[Aa][Dd][Ll])://[^/?#@]*:)"
_OPTION = (
    rf"(?:[?&;#]|%3[Ff]|%26|%3[Bb]|%23)(?:[^=&;#?]*(?:{_WITHIN})[^=&;#?]*(?:=|%3[Dd])|(?:{_WHOLE})(?:=|%3[Dd])"
    rf"|(?:{_LONG})=(?=[A-Za-z0-9_-]{{16}}))(?!{NAMED}(?:[&;#]|$))(?=[^&;#])"
)
_UNNAMED = rf"^env:(?!{_NAME})"
SECRET = f"{_BUCKET}|{_USER}|{_TOKEN}|{_OPTION}|{_UNNAMED}"
"""What a location of a config may not hold, as a pattern that Python and JSON Schema read alike."""

_KEYS = "its keys come from the environment, such as AWS_ACCESS_KEY_ID, or FSSPEC_S3_KEY and FSSPEC_S3_SECRET"
_WHY = {
    _BUCKET: f"the URL of a bucket may not hold a user or a key; {_KEYS}",
    _USER: "a password may not stand here; name the variable that holds it, as https://reader:env:NAME@host/x.csv",
    _TOKEN: "a user alone may be a token; name its variable, as https://env:NAME@host, or leave the user out",
    _OPTION: "the value of this option may be a secret; name the variable that holds it, as ?sig=env:NAME",
    _UNNAMED: "a variable is named as env:NAME",
}


def secret_in(location: str) -> str:
    """Why a location may not stand in a config, and how to give its secret; empty if it may stand there."""
    decoded = unquote(unquote(location))
    return next(
        (why for pattern, why in _WHY.items() if re.search(pattern, location) or re.search(pattern, decoded)),
        "",
    )


_revealed: dict[str, str] = {}
"""The names of variables by the values, and parts of values, that were revealed."""


def remember(name: str, value: str) -> None:
    """Hide the value of a variable in all texts from now on, and the secrets in it if it holds URLs."""
    users = re.findall(r"//[^/?#:@\s]*:([^/?#\s]*)@|[Hh][Tt][Tt][Pp][Ss]?://([^/?#:\s]*)@", value)
    options = [option.partition("=")[::2] for option in re.split(r"[?&;#\s]", value)]
    kept = [text for name, text in options if len(text) >= _LONG_VALUE or _patterns()["name"].fullmatch(name)]
    parts = [value, *value.split(), *(user for pair in users for user in pair), *kept]
    for plain in {form(part) for part in parts for form in (str, unquote, unquote_plus)}:
        for spelt in (plain, quote(plain), quote(plain, safe=""), quote_plus(plain), json.dumps(plain)[1:-1]):
            if len(spelt) >= FEWEST:
                _revealed.setdefault(spelt, f"env:{name}")


_OF_SECRETS = re.compile(
    r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|ACCOUNT_?KEY|SAS|CONNECTION_STRING)$",
    re.IGNORECASE,
)
"""Names of variables whose values are secrets, whoever reads them."""


@functools.cache
def _holds_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret."""
    return _OF_SECRETS.search(name) is not None


def _values() -> dict[str, str]:
    """What texts may not hold, by what stands for it: the longest first."""
    held = {os.environ.get(name, ""): f"env:{name}" for name in os.environ if _holds_secret(name)}
    own = {
        value: name
        for value, name in held.items()
        if len(value) >= FEWEST and not os.path.exists(value)  # noqa: PTH110 - a text
    }
    return dict(sorted((own | _revealed).items(), key=lambda item: -len(item[0])))


def without_secrets(text: str) -> str:
    """A text without secrets, for records that programs read again: ordinary options of URLs stay."""
    for value, name in _values().items():
        if value in text and not _is_word(value):
            text = text.replace(value, name)
    if "//" in text and "@" in text:
        text = _patterns()["run"].sub(_without_users, text)
    if "=" in text or "%3" in text:
        text = _patterns()["option"].sub(rf"\1={HIDDEN}", text)
    return _patterns()["header"].sub(rf"\1{HIDDEN}", text) if "uthorization" in text else text


def shown(text: str) -> str:
    """A text as people see it: without secrets, and without the options of the URLs in it."""
    text = without_secrets(text)
    for value, name in _values().items():
        if value in text and _is_word(value):
            text = re.sub(rf"\b{value}\b", name, text)
    if "=" in text:
        text = _patterns()["word"].sub(rf"\1={HIDDEN}", text)
    return _patterns()["query"].sub(_named_options, text) if "?" in text or "/;" in text else text


def _is_word(value: str) -> bool:
    """Whether a password may as well be the name of a column or a number, which records must keep."""
    return len(value) < _ALONE and (value.isalpha() or value.isdigit())


def _without_users(run: re.Match[str]) -> str:
    """A run of characters without users of URLs, which are searched for up to its last ``@`` alone."""
    end = run[0].rfind("@") + 1
    return _patterns()["user"].sub("//", run[0][:end]) + run[0][end:]


def _named_options(url: re.Match[str]) -> str:
    """What is shown of a URL: of its options those that variables hold."""
    written = url[2] or ""
    options = written.rstrip(":.,;")
    named = [option for option in re.split("[&;]", options) if re.fullmatch(rf"[^=]*={NAMED}", option)]
    return f"{url[1]}{'?' * bool(named)}{'&'.join(named)}{written[len(options) :]}"


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """How secrets stand in texts, in which a URL ends at a blank, a quote or a bracket.

    Each takes time that grows with the length of a text, not with its square: what may begin anywhere is
    looked for where its first character may stand, and a run that is tried once is not tried again.
    """
    end = r"\s\"'<>`"
    bare = "|".join(rf"(?<={_written(scheme)}:)" for scheme in ("http", "https", "s3", "s3a", "gs", "gcs"))
    user = rf"(?<!{_GITHUB}:)//(?!{_GOOD})(?:[^{end}/?#:\[]*(?::|%3[Aa])(?!:)(?![0-9]*(?:[/?#,;{end}]|$))"
    user += rf"(?:[^{end}/?#]*@|[^{end}]*?@))|(?:{bare})//(?!{_GOOD})[^{end}/?#]*@"
    hidden = rf"(?!(?:{NAMED}|\*{{3}})[:.]?(?:[{end}&;#,)\]}}\\]|$))"
    path, query = rf"(?:[^{end}?#/]|/(?!;))*+", rf"([^{end}#)\\]*)"
    word = rf"={hidden}[\"']?[^{end},;&)\\]"
    start = rf"(?<![\w.-])(?=[\w.-]*+{word})(?:(?<!/)|\w*+[.-])"
    value = rf"(?:=|%3[Dd]){hidden}[^{end}&;,)\]}}\\]"
    delimiter = "(?:[?&;#]|%3[Ff]|%26|%3[Bb]|%23)"
    name = rf"(?:(?=[\w.+-]*+{value})[\w.+-]*(?:{_WITHIN})[\w.+-]*|{_WHOLE}|(?:{_LONG})(?==[\w-]{{16}}))"
    return {
        "name": re.compile(rf"[+-].*|.*(?:{_WITHIN}).*|{_WHOLE}|{_LONG}"),
        "run": re.compile(rf"[^{end}]+"),
        "user": re.compile(user),
        "option": re.compile(rf"({delimiter}{name}){value}+"),
        "word": re.compile(rf"({start}[\w.-]*(?:{_WORDS})[\w.-]*){word}+"),
        "header": re.compile(rf"(uthorization[\"']?\s*[:=]\s*[\"']?(?:B\w+ )?+){hidden}[^{end},;]+"),
        "query": re.compile(rf"((?:(?<![\w+.-])[\w+.-]++://|url: /){path})(?:(?:\?|/;){query})?"),
    }


class _Redacted:
    """A text stream that shows what is written to it without secrets, line by line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._held, self._lock = stream, "", threading.RLock()

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write the lines that are finished."""
        with self._lock:
            held = self._held + text
            end = len(held) if len(held) > _HELD else max(held.rfind("\n"), held.rfind("\r")) + 1
            self._held = held[end:]
            if end:
                self._stream.write(shown(held[:end]))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write the unfinished line too."""
        with self._lock:
            held, self._held = self._held, ""
            if held:
                self._stream.write(shown(held))
        self._stream.flush()


@contextmanager
def redacted(*names: str) -> Iterator[None]:
    """Let the streams of `sys` with these names show no secret, whoever writes to them."""
    import sys

    before = {name: getattr(sys, name) for name in names if getattr(sys, name) is not None}
    for name, stream in before.items():
        setattr(sys, name, _Redacted(stream))
    try:
        yield
    finally:
        for name, stream in before.items():
            with suppress(OSError, ValueError):  # the reader has gone
                getattr(sys, name).flush()
            setattr(sys, name, stream)
