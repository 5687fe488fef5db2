"""The rules that keep the project's shape, as functions from sources to faults.

tests/test_structure.py applies them to the project and tests them on small made-up sources.
Each fault says where it is and what to do about it. Nothing here imports the project.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDERS = ("bot", "flows", "nlu", "handoff", "context_store", "console", "tests", "bench", "tools")
OURS = ("app", *FOLDERS)

# One way down: a folder may import what stands here, and itself.
MAY_IMPORT = {
    "app": OURS,
    "bot": ("flows", "nlu", "handoff", "context_store"),
    "console": ("handoff", "flows", "nlu", "context_store"),
    "handoff": ("context_store", "nlu.parsed"),
    "flows": ("nlu", "context_store.records"),
    "nlu": (),
    "context_store": (),
    "tests": OURS,
    "bench": OURS,
    "tools": (),
}

# Who may import a library; anybody may import one that is not listed. A folder ends in a slash.
OWNERS = {
    "sqlalchemy": ("context_store/",),
    "alembic": ("context_store/",),
    "psycopg": ("context_store/",),
    "redis": ("context_store/live.py", "bot/tasks.py", "bot/queue.py"),
    "fakeredis": ("context_store/live.py", "bot/tasks.py", "bot/queue.py"),
    "huey": ("bot/tasks.py", "bot/queue.py"),
    "twilio": ("bot/channels/",),
    "rasa_sdk": ("flows/",),
    "flask": (
        "app.py",
        "bot/webhooks/",
        "bot/api.py",
        "bot/api/",
        "bot/api_promotions.py",
        "bot/errors.py",
        "bot/simulator/",
        "console/",
    ),
}
UNGUARDED = ("tests", "bench", "tools")

CLOCKLESS = ("flows", "nlu", "handoff", "context_store")
CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
}

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 50
MIGRATIONS = "context_store/migrations/versions/"


@dataclass(frozen=True)
class Source:
    path: str  # from the project's root, with slashes
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def folder(self) -> str:
        """The top folder, or the module for a file beside the folders."""
        return self.path.split("/")[0].removesuffix(".py")

    def fault(self, node: ast.AST | None, what_to_do: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what_to_do}"


def read_sources(root: Path) -> list[Source]:
    files = [root / "app.py", *(file for folder in FOLDERS for file in sorted((root / folder).rglob("*.py")))]
    return [
        Source(file.relative_to(root).as_posix(), file.read_text("utf-8")) for file in files if file.exists()
    ]


def imports(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every imported name in full: `from nlu import parsed` gives nlu.parsed."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Import():
                yield from ((node, alias.name) for alias in node.names)
            case ast.ImportFrom():
                yield from ((node, f"{imported_from(source, node)}.{alias.name}") for alias in node.names)
            # import_module("twilio.rest") must not be a way around.
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node, name


def imported_from(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.path.split("/")[: -node.level]
    return ".".join([*package, node.module] if node.module else package)


def is_within(name: str, modules: Iterable[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def import_direction(source: Source) -> Iterator[str]:
    allowed = (source.folder, *MAY_IMPORT[source.folder])
    for node, name in imports(source):
        if is_within(name, OURS) and not is_within(name, allowed):
            yield source.fault(
                node,
                f"{source.folder} may not import {name}, only {', '.join(allowed)}. "
                "Return a value and let the caller act, or take a callable that app.py hands in.",
            )


def library_owners(source: Source) -> Iterator[str]:
    if source.folder in UNGUARDED:
        return
    for node, name in imports(source):
        library = name.split(".")[0]
        if library in OWNERS and not source.path.startswith(OWNERS[library]):
            owners = ", ".join(OWNERS[library])
            yield source.fault(
                node, f"{library} is imported only by {owners}. Ask one of them for what you need."
            )


def clock_reads(source: Source) -> Iterator[str]:
    if source.folder not in CLOCKLESS:
        return
    meanings = meanings_of_names(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name) and full_name(node, meanings) in CLOCKS:
            yield source.fault(
                node, "no clock in this folder: take `now` as an argument, the caller reads it once."
            )


def meanings_of_names(source: Source) -> dict[str, str]:
    """What each imported name stands for, whatever it is called here."""
    meanings: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            meanings |= {alias.asname: alias.name for alias in node.names if alias.asname}
            meanings |= {alias.name: alias.name for alias in node.names if not alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            meanings |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return meanings


def full_name(node: ast.AST, meanings: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{full_name(node.value, meanings)}.{node.attr}"
    return meanings.get(node.id, "") if isinstance(node, ast.Name) else ""


def file_length(source: Source) -> Iterator[str]:
    if source.path.startswith(MIGRATIONS):
        return
    lines = len(source.text.splitlines())
    if lines > LINES_OF_A_FILE:
        yield source.fault(None, f"{lines} lines, more than {LINES_OF_A_FILE}: split it by topic.")


def function_length(source: Source) -> Iterator[str]:
    if source.path.startswith(MIGRATIONS):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = lines_of(node)
            if lines > LINES_OF_A_FUNCTION:
                yield source.fault(
                    node,
                    f"{node.name} has {lines} lines, more than {LINES_OF_A_FUNCTION}: name its steps.",
                )


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1 - lines_of_docstring(node)


def lines_of_docstring(node: ast.stmt) -> int:
    match node:
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())) as docstring, *_]) | (
            ast.AsyncFunctionDef(body=[ast.Expr(value=ast.Constant(value=str())) as docstring, *_])
        ):
            return (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return 0


def module_docstring(source: Source) -> Iterator[str]:
    # An empty __init__.py has no job to tell.
    if source.text.strip() and not (ast.get_docstring(source.tree) or "").strip():
        yield source.fault(None, "no docstring: open the file with one to four lines on its job.")


def row_names(source: Source) -> Iterator[str]:
    # The judge of the fault tests reads the tables: it must not trust the stores that it judges.
    may_know = ("tests/context_store/", "tests/faults/")
    if source.folder == "context_store" or source.path.startswith(may_know):
        return
    for node in ast.walk(source.tree):
        for name in names_in(node):
            if re.fullmatch(r"[A-Z]\w+Row", name):
                yield source.fault(
                    node, f"{name}: rows stay inside context_store; use the record its store returns."
                )


def names_in(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [alias.name for alias in names]
    return []


def swallowed_errors(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield source.fault(node, "bare except: name the error that you can act on.")
        elif isinstance(node, ast.ExceptHandler) and catches_all(node.type) and does_nothing(node.body):
            yield source.fault(
                node, "an error is swallowed: catch the one you expect, or log it and let it go on."
            )
        elif isinstance(node, ast.Call) and called(node) == "suppress" and any(map(catches_all, node.args)):
            yield source.fault(node, "suppress(Exception) swallows errors: name the one you expect.")


def catches_all(caught: ast.AST | None) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"} for kind in kinds)


def does_nothing(body: Sequence[ast.stmt]) -> bool:
    return all(
        isinstance(statement, ast.Pass | ast.Continue)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in body
    )


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def prints(source: Source) -> Iterator[str]:
    if source.folder in UNGUARDED or source.path.startswith("bot/commands/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield source.fault(node, "print is for bot/commands: log it, or return it to the command.")


# Who may call what brings a message to a customer.
SENDING = {"bot/sender.py": ("send",), "bot/channels/twilio.py": ("create",)}


def sends_outside_the_sender(source: Source) -> Iterator[str]:
    """`channel.send(…)` and `messages.create(…)` put a message on somebody's phone."""
    if source.folder in UNGUARDED:
        return
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner, name = ast.unparse(node.func.value).rpartition(".")[2], node.func.attr
        is_send = (owner, name) in (("channel", "send"), ("messages", "create"))
        if is_send and name not in SENDING.get(source.path, ()):
            yield source.fault(node, "only bot/sender.py sends: queue a message and ring its bell.")


def migration_order(sources: Iterable[Source]) -> Iterator[str]:
    """Migrations are numbered 0001, 0002, … without a gap, each on the one before: so there is one head."""
    migrations = sorted(
        (source for source in sources if is_migration(source)), key=lambda source: source.path
    )
    before: str | None = None
    for number, source in enumerate(migrations, start=1):
        name = source.path.removeprefix(MIGRATIONS)
        revision, down_revision = constant(source, "revision"), constant(source, "down_revision")
        if not name.startswith(f"{number:04d}_"):
            yield source.fault(None, f"the next migration is {number:04d}_…: rename it, numbers have no gap.")
        if revision is None or revision.split("_")[0] != name[:4]:
            yield source.fault(
                None, f"its revision is {revision!r}: let it begin with the number of its file."
            )
        if down_revision != before:
            yield source.fault(
                None, f"down_revision is {down_revision!r}, not {before!r}: one line, one head."
            )
        before = revision


def is_migration(source: Source) -> bool:
    return source.path.startswith(MIGRATIONS) and not source.path.endswith("__init__.py")


def constant(source: Source, name: str) -> str | None:
    for node in source.tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant(value=str(value)))
                | ast.AnnAssign(target=ast.Name(id=target), value=ast.Constant(value=str(value)))
            ) if target == name:
                return value
    return None


RULES = (
    import_direction,
    library_owners,
    clock_reads,
    file_length,
    function_length,
    module_docstring,
    row_names,
    swallowed_errors,
    prints,
    sends_outside_the_sender,
)
