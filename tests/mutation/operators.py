# SPDX-License-Identifier: Apache-2.0
"""The operators of mutation: each makes small faults of one kind out of the expressions and
statements that verilog.py finds. All mutants of a file are compiled into one copy of it;
luoshu_mutant_pkg::chosen says at run time which is live."""

import re
from dataclasses import dataclass

import verilog

OPERATORS = {
    "relation": "== != < <= > >= for one another",
    "arithmetic": "+ for -, - for +, operands of - swapped, * for +",
    "logic": "&& for ||, & for |, | for &, ^ for | and the like, reductions for one another",
    "negation": "a condition or an inversion turned over",
    "term": "a term of a conjunction or disjunction left out",
    "constant": "a literal one more, one less, or one bit of it turned",
    "reset": "a reset left out, or to another value",
    "hold": "an assignment left out: the register or the default holds",
    "force": "the branch of an if always or never taken",
    "index": "an index or a slice moved by one",
    "sign": "signed for unsigned and back, a logical shift for an arithmetic one, a sign extension with zeros",
    "arms": "the arms of a ?: swapped",
    "shift": "the other direction, or an amount off by one",
    "stuck": "a bit of an assigned value or of a connection stuck at 0 or 1",
    "state": "another name of the same enum",
}
# No <= for == and the like: of a counter that meets its end they say the same.
RELATIONS = {
    "==": ["!=", "<", ">"],
    "!=": ["=="],
    "<": ["<=", ">=", ">"],
    "<=": ["<", ">"],
    ">": [">=", "<=", "<"],
    ">=": [">", "<"],
}
LOGIC = {
    "&&": ["||"],
    "||": ["&&"],
    "&": ["|", "^"],
    "|": ["&", "^"],
    "^": ["|", "&"],
    "~^": ["^"],
    "^~": ["^"],
}
REDUCTIONS = {"&": "|", "|": "&", "^": "|", "~&": "~|", "~|": "~&"}
PARAMETER = re.compile(r"[A-Z]\w*$|\$clog2$|\$bits$")


@dataclass
class Mutant:
    file: str
    line: int
    module: str
    operator: str
    site: verilog.Site
    new: str  # what stands in place of the site
    original: str
    changed: str
    number: int = 0
    name: str = ""  # of a fault of named.json

    def key(self):
        """What names it in the list of equivalent mutants; lines are no part of it, so that they
        may move."""
        return (self.file, self.module, self.original, self.changed)

    def __str__(self):
        return f"{self.file}:{self.line}: {self.operator}: {self.original} -> {self.changed}"


class Source:
    """A file, its mutants, and the text with some of them compiled in."""

    def __init__(self, file, text):
        self.file, self.content = file, text
        self.parser = verilog.parse(text)
        self.enum_of = {name: names for names in self.parser.enums for name in names}
        self.mutants = []
        for site in self.parser.sites:
            if site.target and self.parser.tokens[site.target.first].text.startswith("unused_"):
                continue  # no circuit: it says to the lint that nobody wants these bits
            self.site = site
            self.mutate_site()
            del self.site

    # ------------------------------------------------------------ helpers
    def text(self, node):
        return self.parser.text(node.first, node.last)

    def constant(self, node):
        """True where only an elaboration decides: literals and parameters. Names of an enum are
        states."""
        if node.kind == "number":
            return True
        if node.kind == "name":
            return bool(PARAMETER.match(node.op)) and node.op not in self.enum_of
        if node.kind == "call" and not PARAMETER.match(node.op):
            return False
        return bool(node.parts) and all(self.constant(p) for p in node.parts)

    def add(self, operator, new, original=None, changed=None):
        site = self.site
        old = self.parser.text(site.first, site.last)
        new = re.sub(r"\s+", " ", new)
        if site.kind == "connection":
            original, changed = f".{site.port}({old})", f".{site.port}({new})"
        self.mutants.append(
            Mutant(
                self.file,
                self.parser.tokens[site.first].line,
                site.module,
                operator,
                site,
                new,
                original or old,
                changed or new,
            )
        )

    def edit(self, operator, *edits):
        """The site with edits (first, last, text) of its tokens; the line is that of the first
        edit."""
        new = self.parser.text(self.site.first, self.site.last, edits)
        self.add(
            "reset" if self.site.reset and operator in ("constant", "stuck") else operator, new
        )
        self.mutants[-1].line = self.parser.tokens[min(e[0] for e in edits)].line

    def replace(self, operator, node, new):
        self.edit(operator, (node.first, node.last, new))

    # ------------------------------------------------------------ operators
    def mutate_site(self):
        site = self.site
        if site.kind == "condition":
            old = self.text(site.value)
            self.add("negation", f"!({old})", f"if ({old})", f"if (!({old}))")
            for value in ("1'b1", "1'b0"):
                self.add("force", value, f"if ({old})", f"if ({value})")
            first = len(self.mutants)
            self.visit(site.value)
            for m in self.mutants[first:]:
                m.original, m.changed = f"if ({m.original})", f"if ({m.changed})"
        elif site.kind == "connection":
            self.visit(site.value)
            for value in ("'0", "'1"):
                if self.text(site.value) not in (value, "1'b0", "1'b1"):
                    self.add("stuck", value)
        else:
            self.visit(site.value)
            self.visit_target(site.target)
            if site.kind == "nonblocking" or site.kind == "blocking" and site.guarded:
                self.add("reset" if site.reset else "hold", "begin end", None, "nothing")
            self.stick()

    def stick(self):
        site, value = self.site, self.text(self.site.value)
        target = self.parser.text(site.target.first, site.target.last)
        if self.constant(site.value) or site.value.op in self.enum_of:
            return  # other operators change it, and the bit may be so already
        width = f"$bits({target})"
        # as wide as the target and a bit more: a shift of it keeps all bits
        one = f"{{{{{width}{{1'b0}}}}, 1'b1}}"
        for bit in ("0", f"{width} / 2", f"{width} - 1"):
            self.edit(
                "stuck", (site.value.first, site.value.last, f"({value}) | ({one} << ({bit}))")
            )
            self.edit(
                "stuck", (site.value.first, site.value.last, f"({value}) & ~({one} << ({bit}))")
            )
            for m, what in zip(self.mutants[-2:], ("1", "0")):
                short = {"0": "lowest", f"{width} - 1": "highest"}.get(bit, "middle")
                m.changed = f"{short} bit of {target} stuck at {what}"

    def visit_target(self, node):
        if node.kind == "select" and not self.constant(node.parts[1]):
            self.visit_index(node.parts[1])
            self.visit_target(node.parts[0])
        elif node.kind == "slice" and not self.constant(node.parts[1]):
            self.visit_index(node.parts[1])

    def visit_index(self, index):
        text = self.text(index)
        self.replace("index", index, f"({text}) + 1'b1")
        self.replace("index", index, f"({text}) - 1'b1")
        if not self.constant(index):
            self.visit(index)

    def visit(self, node):
        kind = node.kind
        if kind == "number":
            self.literal(node)
        elif kind == "name":
            others = [n for n in self.enum_of.get(node.op, []) if n != node.op]
            for other in others:
                self.replace("state", node, other)
        elif kind == "unary":
            part = node.parts[0]
            if node.op in ("!", "~"):
                self.replace(
                    "negation",
                    node,
                    f"({self.text(part)})" if node.op == "~" else f"(!(!({self.text(part)})))",
                )
            elif node.op in REDUCTIONS:
                self.edit("logic", (node.first, node.first + 1, REDUCTIONS[node.op]))
            elif node.op == "-":
                self.edit("arithmetic", (node.first, node.first + 1, "+"))
            self.visit(part)
        elif kind == "binary":
            self.binary(node)
        elif kind == "ternary":
            condition, yes, no = node.parts
            if not self.constant(condition):
                self.replace(
                    "arms", node, f"{self.text(condition)} ? {self.text(no)} : {self.text(yes)}"
                )
                self.replace("negation", condition, f"!({self.text(condition)})")
                self.visit(condition)
            self.visit(yes)
            self.visit(no)
        elif kind == "repeat":
            inner = node.parts[1]
            if len(inner.parts) == 1 and inner.parts[0].kind in ("select", "name"):
                self.replace("sign", inner.parts[0], f"({self.text(inner.parts[0])} & 1'b0)")
            self.visit(inner)
        elif kind == "cast":
            if node.op == "signed":
                self.replace("sign", node, f"$unsigned({self.text(node.parts[0])})")
            self.visit(node.parts[0])
        elif kind == "call":
            if node is self.site.value:
                pass  # widths match (the lint sees to it), so the sign of the whole says nothing
            elif node.op == "$signed":
                self.replace("sign", node, f"$unsigned({self.text(node.parts[0])})")
            elif node.op == "$unsigned":
                self.replace("sign", node, f"$signed({self.text(node.parts[0])})")
            if node.op not in ("$clog2", "$bits"):
                for part in node.parts:
                    self.visit(part)
        elif kind == "select":
            base, index = node.parts
            self.visit(base)
            self.visit_index(index)
        elif kind in ("range", "slice"):
            base, a, b = node.parts
            self.visit(base)
            if kind == "slice":
                self.visit_index(a)
            else:
                for by in ("+ 1", "- 1"):
                    if by == "- 1" and self.text(b) == "0":
                        continue
                    self.edit(
                        "index",
                        (a.first, a.last, f"({self.text(a)}) {by}"),
                        (b.first, b.last, f"({self.text(b)}) {by}"),
                    )
        else:  # paren, concat
            for part in node.parts:
                self.visit(part)

    def binary(self, node):
        left, right = node.parts
        op, at = node.op, node.parts[0].last
        if not self.constant(node):
            for other in RELATIONS.get(op, []):
                self.edit("relation", (at, at + 1, other))
            for other in LOGIC.get(op, []):
                self.edit("logic", (at, at + 1, other))
            if op in ("&&", "||", "&", "|"):
                self.edit("term", (left.first, right.first, ""))
                self.edit("term", (at, right.last, ""))
        if op == "+":
            self.edit("arithmetic", (at, at + 1, "-"))
        elif op == "-":
            self.edit("arithmetic", (at, at + 1, "+"))
            self.replace("arithmetic", node, f"({self.text(right)}) - ({self.text(left)})")
        elif op == "*":
            self.edit("arithmetic", (at, at + 1, "+"))
        elif op in ("<<", ">>", ">>>", "<<<"):
            self.edit("shift", (at, at + 1, ">>" if op.startswith("<") else "<<"))
            self.edit("shift", (right.first, right.last, f"(({self.text(right)}) + 1)"))
            if self.text(right) != "0":
                self.edit("shift", (right.first, right.last, f"(({self.text(right)}) - 1)"))
            if op == ">>>":
                self.edit("sign", (at, at + 1, ">>"))
        self.visit(left)
        self.visit(right)

    def literal(self, node):
        text = node.op.replace("_", "").replace(" ", "")
        match = re.match(r"(\d*)'([sS]?)([bodhBODH])([0-9a-fA-F]+)$", text)
        if text in ("'0", "'1"):
            self.replace("constant", node, "'1" if text == "'0" else "'0")
        elif match:
            base = {"b": 2, "o": 8, "d": 10, "h": 16}[match[3].lower()]
            width, value = int(match[1] or 32), int(match[4], base)
            values = {
                (value + 1) % (1 << width),
                (value - 1) % (1 << width),
                value ^ (1 << (width - 1)),
                value ^ (1 << width // 2),
            }
            for new in sorted(values - {value}):
                digits = {2: f"{new:b}", 8: f"{new:o}", 10: str(new), 16: f"{new:x}"}[base]
                self.replace("constant", node, f"{width}'{match[2]}{match[3]}{digits}")
        elif text.isdigit():
            for new in (int(text) + 1, int(text) - 1):
                if new >= 0:
                    self.replace("constant", node, str(new))

    # ------------------------------------------------------------ all in one text
    def schemata(self, mutants):
        """The file with these mutants (their numbers set) compiled in; with none of them chosen it
        means what it did."""
        by_site = {}
        for m in mutants:
            by_site.setdefault(id(m.site), []).append(m)
        out, at = [], 0
        for site in self.parser.sites:
            chosen = by_site.get(id(site))
            if not chosen:
                continue
            first, last = self.parser.tokens[site.first], self.parser.tokens[site.last - 1]
            old = self.parser.text(site.first, site.last)
            live = [f"luoshu_mutant_pkg::chosen == 32'd{m.number}" for m in chosen]
            # A line for each, so that an error of the simulator names one.
            if site.kind == "connection":
                new = "".join(f"({c}) ? ({m.new}) :\n" for c, m in zip(live, chosen)) + f"({old})"
            elif site.kind == "condition":
                new = (
                    "".join(f"({c}) ? (({m.new}) ? 1'b1 : 1'b0) :\n" for c, m in zip(live, chosen))
                    + f"(({old}) ? 1'b1 : 1'b0)"
                )
            else:
                cut = len("assign") if site.kind == "assign" else 0
                new = (
                    "begin "
                    + "".join(f"if ({c}) {m.new[cut:]} else\n" for c, m in zip(live, chosen))
                    + f"{old[cut:]} end"
                )
                if cut:
                    new = "always_comb " + new
            out.append(self.content[at : first.start])
            out.append(new)
            at = last.end
        out.append(self.content[at:])
        return "".join(out)
