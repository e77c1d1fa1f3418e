"""What is changed: comparisons, signs, constants, logic and early returns, wherever they stand.

Left out, by kind of syntax and never by place: annotations and `TYPE_CHECKING` blocks, decorators
and the keywords of classes, `__slots__` and `__all__`, assertions (`assert`, `strict=` of `zip`),
texts (docstrings, f-strings, log lines).
"""

import ast
import copy
from collections.abc import Iterator

from headrace.loadtests.mutants.mutant import Key, Mutant, Source

COMPARISON, SIGN, CONSTANT, LOGIC, RETURN = "comparison", "sign", "constant", "logic", "return"
OPERATORS = (COMPARISON, SIGN, CONSTANT, LOGIC, RETURN)

OTHER_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
"""Of an order, its edge and its opposite; of an equality, its opposite."""
OTHER_SIGN: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
NOT_MUTATED = {"__slots__", "__all__"}
LOGGERS = {"log", "logger"}
LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[int, int]


def mutants(source: Source) -> list[Mutant]:
    """All of a module, in the order of its text."""
    finder = _Finder(source)
    finder.visit(ast.parse(source.text))
    return sorted(finder.found, key=lambda m: (m.line, m.key))


class _Finder(ast.NodeVisitor):
    def __init__(self, source: Source) -> None:
        self.found: list[Mutant] = []
        self._source = source
        self._lines = source.text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self._names: list[str] = []
        self._statement: Place = (1, 1)
        self._at_import = True

    # Where mutants stand

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            self._statement = (node.lineno, _last_line_of_head(node))
        super().visit(node)

    def visit_FunctionDef(self, node: Function) -> None:
        at_import, statement = self._at_import, self._statement
        self._names.append(node.name)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        self._at_import = False
        for part in node.body:
            self.visit(part)
        self._names.pop()
        self._at_import, self._statement = at_import, statement

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._names.append(node.name)
        for part in node.body:
            self.visit(part)
        self._names.pop()

    # What is left out

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and ast.unparse(node.annotation) != "TypeAlias":
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(t, ast.Name) and t.id in NOT_MUTATED for t in node.targets):
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass

    def visit_Expr(self, node: ast.Expr) -> None:
        match node.value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name in LOGGERS:
                pass
            case _:
                self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        is_zip = isinstance(node.func, ast.Name) and node.func.id == "zip"
        for part in (node.func, *node.args):
            self.visit(part)
        for keyword in node.keywords:
            if not (is_zip and keyword.arg == "strict"):
                self.visit(keyword.value)

    # What is changed

    def visit_Compare(self, node: ast.Compare) -> None:
        for place, operator in enumerate(node.ops):
            for other in OTHER_COMPARISONS[type(operator)]:
                changed = copy.deepcopy(node)
                changed.ops[place] = other()
                self._found(COMPARISON, node, changed)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if other := OTHER_SIGN.get(type(node.op)):
            changed = copy.deepcopy(node)
            changed.op = other()
            self._found(SIGN, node, changed)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if other := OTHER_SIGN.get(type(node.op)):
            changed = copy.deepcopy(node)
            changed.op = other()
            self._found(SIGN, node, changed)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub):
            self._found(SIGN, node, node.operand)
        if isinstance(node.op, ast.Not):
            self._found(LOGIC, node, node.operand)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._found(CONSTANT, node, ast.Constant(not node.value))
        elif isinstance(node.value, int | float):
            for other in (node.value + 1, node.value - 1):
                self._found(CONSTANT, node, ast.Constant(other))

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        changed = copy.deepcopy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self._found(LOGIC, node, changed)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test).endswith("TYPE_CHECKING"):
            return
        if isinstance(node.body[-1], LEAVES):
            never = ast.BoolOp(ast.And(), [node.test, ast.Constant(False)])
            self._found(RETURN, node.test, never)
        self._condition(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._condition(test)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        value = node.value
        is_number = isinstance(value, ast.Constant) and not isinstance(value.value, str | bytes)
        if value is not None and not is_number:  # numbers are changed as constants, None is None
            self._found(RETURN, value, ast.Constant(None))
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        """Of what no other operator turns round."""
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
            self._found(LOGIC, test, ast.UnaryOp(ast.Not(), test))

    def _found(self, operator: str, node: ast.expr | ast.stmt, changed: ast.AST) -> None:
        start = self._starts[node.lineno - 1] + node.col_offset
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        end = self._starts[node.end_lineno - 1] + node.end_col_offset
        text = ast.unparse(changed)
        height = "\n" * (node.end_lineno - node.lineno)  # the lines below keep their numbers
        text = f"({text}{height})" if isinstance(node, ast.expr) else text + height
        source = self._source.text
        mutated = source[:start] + text.encode() + source[end:]
        try:
            compile(mutated, self._source.module, "exec", dont_inherit=True)
        except SyntaxError:  # in a pattern of `match` not every expression may stand
            return
        first, last = self._starts[node.lineno - 1], self._starts[node.end_lineno]
        grown = len(mutated) - len(source)
        key = Key(
            self._source.module, ".".join(self._names) or "<module>", operator,
            _one_line(source[first:last]), _one_line(mutated[first : last + grown]),
        )  # fmt: skip
        self.found.append(
            Mutant(key, self._source.path, node.lineno, self._statement, self._at_import, mutated)
        )


def _one_line(text: bytes) -> str:
    return " ".join(text.decode().split()).replace(" )", ")").replace("( ", "(")


def _last_line_of_head(node: ast.stmt) -> int:
    blocks: Iterator[list[ast.stmt]] = (
        part for _, part in ast.iter_fields(node)
        if isinstance(part, list) and part and isinstance(part[0], ast.stmt)
    )  # fmt: skip
    body = next(blocks, None)
    if isinstance(node, ast.Match):
        return node.subject.end_lineno or node.lineno
    last = node.end_lineno or node.lineno
    return last if body is None else max(node.lineno, body[0].lineno - 1)
