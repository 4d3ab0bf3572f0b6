"""Log calls of a module, read from its source: event, level, fields.

A logger is what `get_logger(...)` returns, a name or attribute it is assigned to, a parameter annotated as BoundLogger,
or `.bind(...)` of any of these.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

LEVELS = {
    "debug": "DEBUG",
    "info": "INFO",
    "warning": "WARNING",
    "error": "ERROR",
    "exception": "ERROR",
    "critical": "CRITICAL",
}
NOT_EVENTS = {"log", "warn", "msg", "fatal", "err", "failure"}
"""Other methods of a logger that write a record: each hides the level, or is an old name of one."""
TRACEBACK = "exception"
"""Field that structlog makes from the error at hand."""


@dataclass(frozen=True)
class LogCall:
    """One place that logs."""

    module: str
    line: int
    level: str
    event: str
    fields: tuple[str, ...]
    """Names as written; `**mapping` stands for a mapping's keys, which only running code knows."""


@dataclass(frozen=True)
class BrokenRule:
    """A log call that the list cannot hold."""

    module: str
    line: int
    sentence: str


def log_calls(module: str, source: str) -> Iterator[LogCall | BrokenRule]:
    """Each log call of a module in the order of its lines."""
    tree = ast.parse(source)
    loggers = _loggers(tree)
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(called, key=lambda node: (node.lineno, node.col_offset)):
        if not isinstance(call.func, ast.Attribute) or (bound := _bound_fields(call.func.value, loggers)) is None:
            continue
        if call.func.attr in NOT_EVENTS:
            yield BrokenRule(module, call.lineno, f"`.{call.func.attr}(...)` hides the level: use {', '.join(LEVELS)}")
        elif call.func.attr in LEVELS:
            yield _read(module, call, call.func.attr, bound)


def _read(module: str, call: ast.Call, method: str, bound: tuple[str, ...]) -> LogCall | BrokenRule:
    if len(call.args) != 1 or not isinstance(call.args[0], ast.Constant) or not isinstance(call.args[0].value, str):
        return BrokenRule(module, call.lineno, "the event is not one literal text: put what varies into fields")
    fields = [*bound, *_keywords(call)]
    if method == "exception" or "exc_info" in fields:
        fields = [*(field for field in fields if field != "exc_info"), TRACEBACK]
    return LogCall(module, call.lineno, LEVELS[method], call.args[0].value, tuple(dict.fromkeys(fields)))


def _keywords(call: ast.Call) -> list[str]:
    return [keyword.arg or f"**{_mapping(keyword.value)}" for keyword in call.keywords]


def _mapping(value: ast.expr) -> str:
    return ast.unparse(value.func if isinstance(value, ast.Call) else value)


def _loggers(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Names and attributes (`self.log`) that hold a logger anywhere in the module, with the fields bound to it."""
    loggers: dict[str, tuple[str, ...]] = {
        argument.arg: ()
        for argument in ast.walk(tree)
        if isinstance(argument, ast.arg)
        and argument.annotation is not None
        and ast.unparse(argument.annotation).strip("'\"").endswith("BoundLogger")
    }
    assigned: list[tuple[ast.expr, ast.expr]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            assigned += [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            assigned.append((node.target, node.value))
    known = -1
    while known != len(loggers):  # a logger may be bound to a second name
        known = len(loggers)
        for target, value in assigned:
            if (bound := _bound_fields(value, loggers)) is not None:
                loggers[ast.unparse(target)] = bound
    return loggers


def _bound_fields(expression: ast.expr, loggers: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Fields that every record of this logger has; None where the expression is no logger."""
    if isinstance(expression, ast.Name | ast.Attribute):
        return loggers.get(ast.unparse(expression))
    if not isinstance(expression, ast.Call):
        return None
    called = expression.func
    if ast.unparse(called).rpartition(".")[2] == "get_logger":
        return ()
    if isinstance(called, ast.Attribute) and called.attr in {"bind", "new"}:
        bound = _bound_fields(called.value, loggers)
        return None if bound is None else (*bound, *_keywords(expression))
    return None
