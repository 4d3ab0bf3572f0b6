"""Records of a JSON text one by one: lines, records over several lines, or one array of them."""

import json
import re
from collections.abc import Iterator
from io import RawIOBase
from typing import Final, cast

from vigie_runtime import InputError

JsonRecord = dict[str, object]

MAX_RECORD_CHARACTERS: Final = 16 << 20
_CHUNK_BYTES: Final = 1 << 20
_SPACE: Final = re.compile(r"[ \t\r\n]*")


class _RepeatedKeyError(ValueError):
    """Two values have one name; which is meant, no one can know."""


def records_of_json(stream: RawIOBase, name: str) -> Iterator[JsonRecord]:
    """Each object of the text, with numbers as they are written; raises InputError that names the record."""
    text = _Text(stream)
    in_array = text.peek() == "["
    if in_array:
        text.take()
    number = 0
    while (first := text.peek()) and not (in_array and first == "]"):
        number += 1
        yield _record(text, number, name)
        after = text.peek()
        if in_array and after == ",":
            text.take()
        elif in_array and after != "]":
            raise _broken(name, number, "no comma or ] follows it")
    if in_array and not first:
        raise _broken(name, number, "the array does not end")
    if in_array:
        text.take()
        if text.peek():
            raise _broken(name, number, "something follows the end of the array")


def _record(text: "_Text", number: int, name: str) -> JsonRecord:
    try:
        value = text.value()
    except _RepeatedKeyError as error:
        raise InputError(f"Record {number} of {name} has the key {error} twice. Write each key once.") from None
    except UnicodeDecodeError:  # is a ValueError, too
        raise
    except RecursionError:
        raise _broken(name, number, "it is nested too deeply") from None
    except ValueError as error:
        raise _broken(name, number, str(error)) from None
    if not isinstance(value, dict):
        raise InputError(
            f"Record {number} of {name} is no object. Write one object a line, such as "
            '{"account": "a-1", "amount": "12.50"}.'
        )
    return cast("JsonRecord", value)


def _broken(name: str, number: int, why: str) -> InputError:
    return InputError(f"Record {number} of {name} is not JSON: {why}. Write one object a line, or an array of objects.")


class _Text:
    """The text from where it was read to, with as much of what follows as is needed."""

    def __init__(self, stream: RawIOBase) -> None:
        self._stream = stream
        self._text, self._at = "", 0
        self._left = b""
        self._ended = False
        decoder = json.JSONDecoder(
            object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=_refuse_constant
        )
        self._scan = decoder.raw_decode

    def peek(self) -> str:
        """The next character that is no space; nothing at the end."""
        while True:
            self._at = cast("re.Match[str]", _SPACE.match(self._text, self._at)).end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self) -> None:
        """Passes over the character that peek gave."""
        self._at += 1

    def value(self) -> object:
        """The next value; raises ValueError where there is none."""
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except _RepeatedKeyError:
                raise
            except json.JSONDecodeError as error:
                # what is cut off by the end of what was read so far looks the same as what is wrong
                if len(self._text) - self._at > MAX_RECORD_CHARACTERS:
                    raise ValueError("it is longer than 16 Mi characters; rows stand for themselves") from None
                if self._more():
                    continue
                raise ValueError(_reason(error, self._text, self._at)) from None
            self._at = end
            return value

    def _more(self) -> bool:
        """Reads on, twice as far each time, so that a long record is not parsed often."""
        if self._ended:
            return False
        rest = self._text[self._at :]
        data = self._left + (self._stream.read(max(_CHUNK_BYTES, len(rest))) or b"")
        self._ended = len(data) == len(self._left)
        whole = len(data) if self._ended else _whole(data)
        self._text, self._at, self._left = rest + data[:whole].decode("utf-8"), 0, data[whole:]
        return not self._ended or whole > 0


def _whole(data: bytes) -> int:
    """How many bytes are whole characters of UTF-8."""
    for back in range(1, min(4, len(data)) + 1):
        if data[-back] >= 0xC0:  # begins a character of two to four bytes
            length = 2 if data[-back] < 0xE0 else 3 if data[-back] < 0xF0 else 4
            return len(data) - back if length > back else len(data)
        if data[-back] < 0x80:
            break
    return len(data)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _RepeatedKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))
    return found


def _refuse_constant(word: str) -> object:
    raise json.JSONDecodeError(f"{word} is no number of JSON", word, 0)


def _reason(error: json.JSONDecodeError, text: str, at: int) -> str:
    if re.match(r"\{\s*'", text[at : at + 200]):
        return "its keys are in single quotes, as Python prints a dict"
    return error.msg
