"""Which keys a mapping knows at a path, for errors that say what is allowed."""

from typing import Any, get_args

from pydantic import BaseModel

from vigie_intake.mapping import Mapping


def keys_at(path: tuple[int | str, ...]) -> list[str]:
    """The known keys of the table at this path; none where it is no table of known keys."""
    model: type[BaseModel] | None = Mapping
    for key in path:
        if isinstance(key, int):
            continue
        field = None if model is None else model.model_fields.get(key)
        model = None if field is None else _model_in(field.annotation)
    return [] if model is None else list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each)) is not None), None)
