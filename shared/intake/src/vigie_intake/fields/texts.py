"""Columns of any type as text, and fields made of one column, of several, or always the same."""

import re
from collections.abc import Callable
from functools import reduce
from typing import Final

import pyarrow as pa

from vigie_intake.fields.kernels import pc
from vigie_intake.mapping import Text
from vigie_runtime import InputError

MAX_REMEMBERED: Final = 200_000
"""Words whose result is kept between batches; beyond it all are forgotten, so that memory is bounded."""

_WHOLE_AS_FRACTION: Final = r"^(-?[0-9]+)\.0$"
_WHOLE_AS_DECIMAL: Final = r"^(-?[0-9]+)\.0+$"
_MIDNIGHT: Final = r"[ T]00:00:00(\.0+)?$"


class Remembered:
    """A function of one word whose results are kept: the same few words come again in every batch."""

    def __init__(self, function: Callable[[str], str | None]) -> None:
        self._function = function
        self._forget()

    def of(self, texts: pa.Array) -> pa.Array:
        """The function of each text, asked once for each different one; null stays null."""
        encoded = texts.dictionary_encode()
        if len(self._words) > MAX_REMEMBERED:
            self._forget()
        # looked up by Arrow: a loop over the words of each batch takes its share of reading a file
        places = pc.index_in(encoded.dictionary, self._words)
        if places.null_count:
            self._learn(encoded.dictionary.filter(places.is_null()))
            places = pc.index_in(encoded.dictionary, self._words)
        return self._answers.take(places).take(encoded.indices)

    def _learn(self, words: pa.Array) -> None:
        answers = pa.array([self._function(word) for word in words.to_pylist()], pa.string())
        self._words = pa.concat_arrays([self._words, words])
        self._answers = pa.concat_arrays([self._answers, answers])

    def _forget(self) -> None:
        self._words = self._answers = pa.array([], pa.string())


class TextReader:
    """Reads a field of text; words are translated after the pattern, and gaps filled last."""

    def __init__(self, part: Text, *, whole: bool = False) -> None:
        """`whole`: a name made of several columns is there only where all of them are."""
        self._part = part
        self._gaps = "emit_null" if whole else "skip"
        self._pattern = None if part.pattern is None else re.compile(part.pattern)
        self._words = Remembered(self._translated) if part.pattern or part.values else None

    def read(self, batch: pa.RecordBatch) -> pa.Array:
        """One text a row, trimmed, null where there is none."""
        part = self._part
        if part.constant is not None:
            return pa.repeat(pa.scalar(part.constant, pa.string()), batch.num_rows)
        text = joined([word_text(batch.column(name)) for name in part.needed], part.join, gaps=self._gaps)
        if self._words is not None:
            text = self._words.of(text)
        return text if part.default is None else pc.fill_null(text, part.default)

    def _translated(self, word: str) -> str | None:
        if self._pattern is not None:
            found = self._pattern.search(word)
            word = "" if found is None else (found[1] if self._pattern.groups else found[0]) or ""
            word = word.strip()
        return self._part.values.get(word, word) or None


def joined(texts: list[pa.Array], mark: str, *, gaps: str = "skip") -> pa.Array:
    """The texts of each row with `mark` between them; without any there is none."""
    if len(texts) == 1:
        return texts[0]
    if gaps == "skip":  # Arrow leaves out rows in which every text is null (findings/arrow-join-drops-rows.sh)
        nothing = reduce(pc.and_, [text.is_null() for text in texts])
        texts = [pc.if_else(nothing, "", texts[0]), *texts[1:]]
    return _without_empty(pc.binary_join_element_wise(*texts, mark, null_handling=gaps))


def word_text(column: pa.Array) -> pa.Array:
    """A column as words: as `plain_text`, and a whole number that a tool wrote as a fraction (`7.0`) is `7` again.

    Tools that know no whole numbers with gaps write them so; the account 7 and the account 7.0 are the same one.
    """
    text = plain_text(column)
    if pa.types.is_decimal(undictionaried(column).type):
        return pc.replace_substring_regex(text, _WHOLE_AS_DECIMAL, r"\1")
    if pc.any(pc.ends_with(text, ".0")).as_py():
        return pc.replace_substring_regex(text, _WHOLE_AS_FRACTION, r"\1")
    return text


def plain_text(column: pa.Array) -> pa.Array:
    """A column of any type of one value a row as trimmed text, null where there is none; raises InputError else."""
    column = undictionaried(column)
    kind = column.type
    if pa.types.is_floating(kind):
        number = column.cast(pa.float64()) if kind == pa.float64() else column.cast(pa.float32())
        return pc.if_else(pc.is_nan(number), pa.scalar(None, pa.string()), number.cast(pa.string()))
    if pa.types.is_timestamp(kind):
        # its clock in UTC, without asking a database of zones that the machine may not have
        text = column.view(pa.timestamp(kind.unit)).cast(pa.string())
        return pc.replace_substring_regex(text, _MIDNIGHT, "")
    try:
        text = column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"A column holds {kind} that cannot be read as text. Convert it.") from None
    return _trimmed(text)


def undictionaried(column: pa.Array) -> pa.Array:
    """The same values without a dictionary."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _trimmed(text: pa.Array) -> pa.Array:
    text = pc.ascii_trim_whitespace(text)
    if not pc.all(pc.string_is_ascii(text)).as_py():
        text = pc.utf8_trim_whitespace(text)
    return _without_empty(text)


def _without_empty(text: pa.Array) -> pa.Array:
    empty = pc.equal(pc.binary_length(text), 0)
    return pc.if_else(empty, pa.scalar(None, pa.string()), text) if pc.any(empty).as_py() else text
