"""Docstrings of public functions that take or return arrays or frames.

They say the rows or the shape of an array, the columns of a frame, and which of our errors the function raises itself.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vigie_docs.sources import packages

ARRAYS = {"ndarray", "NDArray", "ArrayLike", "pd.Series"}
FRAMES = {"DataFrame"}
SAYS_ROWS = re.compile(r"\b(shape|rows?|length)\b", re.I)
SAYS_COLUMNS = re.compile(r"\bcolumns?\b", re.I)
ROOT_ERROR = "VigieError"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Kinds:
    """Names that stand for arrays, for frames and for our errors anywhere in the repository."""

    arrays: frozenset[str]
    frames: frozenset[str]
    errors: frozenset[str]


def problems(repository: Path) -> list[str]:
    """One sentence a function whose docstring lacks something, in the order of packages and modules."""
    sources = [
        (str(path.relative_to(repository)), ast.parse(path.read_text()))
        for package in packages(repository)
        for _, path in package.modules()
    ]
    kinds = _kinds([tree for _, tree in sources])
    return [
        f"{path}:{function.lineno}: {function.name} does not say {', '.join(missing)}"
        for path, tree in sources
        for function in _public_functions(tree)
        if (missing := lacking(function, kinds))
    ]


def lacking(function: Function, kinds: Kinds) -> list[str]:
    """What the docstring of a function has to say and does not."""
    documentation = ast.get_docstring(function) or ""
    names = _annotated_names(function)
    if not names & (kinds.arrays | kinds.frames):
        return []
    missing: list[str] = []
    if names & kinds.arrays and not SAYS_ROWS.search(documentation):
        missing.append("the rows or the shape of its arrays")
    if names & kinds.frames and not SAYS_COLUMNS.search(documentation):
        missing.append("the columns of its frames")
    missing += [
        f"when it raises {error}" for error in sorted(_raised(function) & kinds.errors) if error not in documentation
    ]
    return missing


def _kinds(trees: list[ast.Module]) -> Kinds:
    """Follow aliases (`Scores = NDArray[np.float64]`) and subclasses of our errors."""
    aliases = [alias for tree in trees for alias in _aliases(tree)]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    arrays, frames, errors = set(ARRAYS), set(FRAMES), {ROOT_ERROR}
    for _ in range(3):  # an alias of an alias, a subclass of a subclass
        arrays |= {name for name, value in aliases if _names(value) & arrays}
        frames |= {name for name, value in aliases if _names(value) & frames}
        errors |= {node.name for node in classes if any(_names(base) & errors for base in node.bases)}
    return Kinds(frozenset(arrays), frozenset(frames), frozenset(errors))


def _aliases(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names given to types at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.BinOp | ast.Attribute):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            is_alias = ast.unparse(node.annotation).endswith("TypeAlias")
            yield from [(node.target.id, node.value)] if is_alias else []


def _public_functions(tree: ast.Module) -> Iterator[Function]:
    """Functions of the module and methods of its classes without a leading underscore."""
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))
    for body in (tree.body, *(node.body for node in classes)):
        for node in body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                yield node


def _annotated_names(function: Function) -> set[str]:
    arguments = function.args
    annotations = [argument.annotation for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    return {name for annotation in [*annotations, function.returns] if annotation for name in _names(annotation)}


def _names(expression: ast.expr) -> set[str]:
    """Names in an expression; of `np.ndarray` the whole and the last part; those in a quoted annotation too."""
    found: set[str] = set()
    for node in ast.walk(expression):
        if isinstance(node, ast.Attribute):
            found |= {node.attr, ast.unparse(node)}
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= _quoted_names(node.value)
    return found


def _quoted_names(annotation: str) -> set[str]:
    try:
        return _names(ast.parse(annotation, mode="eval").body)
    except SyntaxError:  # a text, as in Literal["no data"]
        return set()


def _raised(function: Function) -> set[str]:
    raised = (node.exc for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc is not None)
    return {name for exc in raised for name in _names(exc.func if isinstance(exc, ast.Call) else exc)}
