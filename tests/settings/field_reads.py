"""Which fields of the settings a program reads, found in its source.

A read is an attribute of something that is known to be a section: by its annotation, by what was
assigned to it, or by what a function or another section gives. A class of another module that has a
section's name is none. What is passed on whole is not read: whoever takes it must read it.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from foldwise.settings import Section, Settings

Sections = frozenset[type[Section]]
NONE: Sections = frozenset()


class Field(NamedTuple):
    section: type[Section]
    name: str

    def __str__(self) -> str:
        return f"{self.section.__name__}.{self.name}"


def section_in(annotation: Any) -> type[Section] | None:
    """The section that a field holds, or holds several of."""
    candidates = [annotation, *get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, Section)), None)


def sections_below(root: type[Section]) -> list[type[Section]]:
    """`root` and all sections inside it, each once."""
    found = [root]
    for section in found:  # grows while it is read
        for described in section.model_fields.values():
            inner = section_in(described.annotation)
            if inner is not None and inner not in found:
                found.append(inner)
    return found


def leaves(root: type[Section]) -> list[Field]:
    """Every field that holds a value and not a section."""
    return [
        Field(section, name)
        for section in sections_below(root)
        for name, described in section.model_fields.items()
        if section_in(described.annotation) is None
    ]


LEAVES = frozenset(leaves(Settings))
SECTIONS = {section.__name__: section for section in sections_below(Settings)}


@dataclass
class Reads:
    """What was seen in some modules; seen again until nothing new is found.

    Attributes:
        found: the fields that are read.
        called: the names of all attributes that are called.
        attributes: the sections that objects hold, by the attribute's name in any class.
        returned: the sections that functions return, by the function's name.
    """

    found: set[Field] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    attributes: dict[str, Sections] = field(default_factory=dict)
    returned: dict[str, Sections] = field(default_factory=dict)

    def size(self) -> tuple[int, ...]:
        held = [*self.attributes.values(), *self.returned.values()]
        return (len(self.found), len(self.called), sum(map(len, held)))


def reads_in(modules: Iterable[ast.AST], accessors: Iterable[ast.AST] = ()) -> set[Field]:
    """The fields that `modules` read, also through the methods of `accessors` that they call."""
    trees, own = list(modules), list(accessors)
    reads, before = Reads(), None
    while reads.size() != before:
        before = reads.size()
        for tree in trees:
            _Scope(reads, _imported(tree), {}).visit(tree)
        for tree in own:
            names = {**_imported(tree), **SECTIONS}
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    _Scope(reads, names, {}).learn_result(node)
            for section, method in _methods(tree):
                if method.name in reads.called:
                    _Scope(reads, names, {"self": frozenset({section})}).visit(method)
    return reads.found


Imported = Mapping[str, type[Section] | None]  # None: the package of the settings itself


def _imported(tree: ast.AST) -> dict[str, type[Section] | None]:
    """What a module calls the sections, and their package, which has no section."""
    names: dict[str, type[Section] | None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("foldwise.settings"):
            names |= {
                a.asname or a.name: SECTIONS[a.name] for a in node.names if a.name in SECTIONS
            }
        if isinstance(node, ast.ImportFrom) and node.module == "foldwise":
            names |= {a.asname or a.name: None for a in node.names if a.name == "settings"}
    return names


def _methods(tree: ast.AST) -> Iterator[tuple[type[Section], ast.FunctionDef]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in SECTIONS:
            section = SECTIONS[node.name]
            yield from ((section, m) for m in node.body if isinstance(m, ast.FunctionDef))


class _Scope(ast.NodeVisitor):
    """Follows the sections through one module, class or function, with the names it knows."""

    def __init__(self, reads: Reads, imported: Imported, names: Mapping[str, Sections]) -> None:
        self.reads = reads
        self.imported = imported
        self.names = dict(names)

    def learn_result(self, node: ast.FunctionDef) -> None:
        """Note the sections that a function returns; a property is an attribute too."""
        known = self.reads.attributes if node.decorator_list else self.reads.returned
        self._learn(known, node.name, self._annotated(node.returns))

    # what a name stands for

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.learn_result(node)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        inner = _Scope(self.reads, self.imported, self.names)
        for argument in arguments:
            if argument.annotation is not None:
                inner.names[argument.arg] = self._annotated(argument.annotation)
        for part in [*node.decorator_list, *node.args.defaults, *node.body]:
            inner.visit(part)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in node.body:
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                self._learn(self.reads.attributes, part.target.id, self._annotated(part.annotation))
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._bind(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._hold(node.target, self._annotated(node.annotation))
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._bind(node.target, node.value)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._bind(node.target, node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._bind(node.target, node.iter)
        self.generic_visit(node)

    def _generators_first(self, node: Any) -> None:
        for generator in node.generators:
            self.visit(generator)
        self.generic_visit(node)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._generators_first(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._generators_first(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._generators_first(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._generators_first(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.body)

    # reads

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self._note(node.value, node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute):
            self.reads.called.add(called.attr)
        if isinstance(called, ast.Name) and called.id == "getattr":
            holder, name = node.args[0], node.args[1]
            if isinstance(name, ast.Constant):
                self._note(holder, str(name.value))
        self.generic_visit(node)

    def _note(self, holder: ast.expr, name: str) -> None:
        self.reads.found |= {Field(section, name) for section in self._sections(holder)} & LEAVES

    def _sections(self, node: ast.expr) -> Sections:
        """The sections that an expression may be, or hold several of."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, NONE)
        if isinstance(node, ast.Attribute):
            return self._of_attribute(node)
        if isinstance(node, ast.Call):
            return self._of_call(node)
        inside = {  # what may be the expression's value, or one of its values
            ast.Subscript: ("value",),
            ast.Starred: ("value",),
            ast.NamedExpr: ("value",),
            ast.IfExp: ("body", "orelse"),
            ast.BoolOp: ("values",),
            ast.Tuple: ("elts",),
            ast.List: ("elts",),
        }
        parts = [getattr(node, name) for name in inside.get(type(node), ())]
        flat = [one for part in parts for one in (part if isinstance(part, list) else [part])]
        return _union(map(self._sections, flat))

    def _of_attribute(self, node: ast.Attribute) -> Sections:
        holders = self._sections(node.value)
        own = {
            inner
            for holder in holders
            if node.attr in holder.model_fields
            and (inner := section_in(holder.model_fields[node.attr].annotation)) is not None
        }
        return frozenset(own) if holders else self.reads.attributes.get(node.attr, NONE)

    def _of_call(self, node: ast.Call) -> Sections:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in {"enumerate", "zip", "reversed", "tuple", "list", "iter", "next"}:
            return _union(map(self._sections, node.args))
        if name in {"model_copy", "model_validate"} and isinstance(called, ast.Attribute):
            return self._sections(called.value)
        made = self._class(called)
        return self.reads.returned.get(name, NONE) if made is None else frozenset({made})

    # bindings

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its in zip(target.elts, value.elts, strict=False):
                self._bind(one, its)
        elif isinstance(target, ast.Tuple):
            for one in target.elts:  # of `enumerate(stages)`, say
                self._hold(one, self._sections(value))
        else:
            self._hold(target, self._sections(value))

    def _hold(self, target: ast.expr, sections: Sections) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = sections
        elif isinstance(target, ast.Attribute):
            self._learn(self.reads.attributes, target.attr, sections)

    def _learn(self, known: dict[str, Sections], name: str, sections: Sections) -> None:
        if sections:
            known[name] = known.get(name, NONE) | sections

    def _annotated(self, annotation: ast.expr | None) -> Sections:
        """The sections that an annotation names, such as `settings.Rates | None` or "Stage"."""
        if annotation is None:
            return NONE
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return self._annotated(ast.parse(annotation.value, mode="eval").body)
        if isinstance(annotation, ast.Name | ast.Attribute):
            named = self._class(annotation)
            return NONE if named is None else frozenset({named})
        parts = [node for node in ast.iter_child_nodes(annotation) if isinstance(node, ast.expr)]
        return _union(map(self._annotated, parts))

    def _class(self, node: ast.expr) -> type[Section] | None:
        """The section that a name of a class means in this module, such as `settings.Rates`."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            is_section = node.value.id in self.imported and self.imported[node.value.id] is None
            return SECTIONS.get(node.attr) if is_section else None
        return self.imported.get(node.id) if isinstance(node, ast.Name) else None


def _union(several: Iterable[Sections]) -> Sections:
    return NONE.union(*several)
