# SPDX-License-Identifier: Apache-2.0
"""Reads the subset of SystemVerilog that rtl/ uses, as far as mutation needs it: where the
statements, conditions and connections of a file are, and the tree of operators of each expression.
It does not resolve names, widths or types, and it does not find errors: the simulator does.

sites(text) gives the places whose expressions may change without a new elaboration. It leaves out
what only an elaboration sees or what is not the circuit: headers of modules and functions,
declarations, parameters, generate conditions, headers of loops, case labels, ranges and widths,
instances' parameters, outputs and clocks, assertions and other macros, initial blocks, functions
that compute a parameter."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<attribute>\(\*.*?\*\))
  | (?P<string>"(?:\\.|[^"\\])*")
  | (?P<number>(?:\d[\d_]*\s*)?'[sS]?[bodhBODH]\s*[0-9a-fA-F_xXzZ?]+|'[01xXzZ](?![\w(])|\d[\d_]*(?:\.\d+)?)
  | (?P<name>[A-Za-z_][\w$]*|\$\w+)
  | (?P<macro>`\w+)
  | (?P<mark>\|->|\|=>|<<<|>>>|===|!==|==\?|!=\?|<=|>=|==|!=|&&|\|\||<<|>>|\*\*|\+:|-:|->|::|\+\+|--|[-+*/%&|^]=|~&|~\||~\^|\^~|.)
""",
    re.X | re.S,
)

BINARY = {
    "||": 1,
    "&&": 2,
    "|": 3,
    "^": 4,
    "~^": 4,
    "^~": 4,
    "&": 5,
    "==": 6,
    "!=": 6,
    "===": 6,
    "!==": 6,
    "==?": 6,
    "!=?": 6,
    "<": 7,
    "<=": 7,
    ">": 7,
    ">=": 7,
    "<<": 8,
    ">>": 8,
    "<<<": 8,
    ">>>": 8,
    "+": 9,
    "-": 9,
    "*": 10,
    "/": 10,
    "%": 10,
    "**": 11,
}
UNARY = {"!", "~", "&", "|", "^", "~&", "~|", "~^", "^~", "+", "-"}
DECLARES = {
    "logic",
    "wire",
    "reg",
    "int",
    "integer",
    "bit",
    "byte",
    "genvar",
    "localparam",
    "parameter",
    "typedef",
    "automatic",
    "static",
    "const",
    "var",
    "import",
    "input",
    "output",
    "signed",
    "unsigned",
    "string",
    "enum",
    "struct",
    "tri",
    "longint",
    "shortint",
}
OPENS = {"(": ")", "[": "]", "{": "}"}


class ParseError(Exception):
    """The text is not in the subset; says where."""


@dataclass
class Token:
    kind: str
    text: str
    start: int  # offsets in the text
    end: int
    line: int
    spaced: bool  # white space or a comment stands before it


@dataclass
class Node:
    """An expression: kind, its tokens [first, last) and its parts. kind is one of number, name,
    unary, binary, ternary, concat, repeat, paren, cast, call, select (bit), range ([a:b]), slice
    ([a +: b])."""

    kind: str
    first: int
    last: int
    op: str = ""
    parts: list = field(default_factory=list)


@dataclass
class Site:
    """A place that can change. kind: assign (continuous), blocking, nonblocking, condition (of an
    if), connection (an input of an instance). [first, last) are its tokens: the statement with its
    semicolon, or the expression."""

    kind: str
    module: str
    first: int
    last: int
    value: Node  # right-hand side, condition or connection
    target: object = None  # Node of an assignment's left-hand side
    guarded: bool = False  # below an if or a case
    reset: bool = False  # in the branch that a reset selects
    port: str = ""  # of a connection


def tokenize(text):
    tokens, line, at, spaced = [], 1, 0, False
    while at < len(text):
        match = TOKEN.match(text, at)
        kind, word = match.lastgroup, match.group()
        if kind == "macro" and word in (
            "`default_nettype",
            "`include",
            "`timescale",
            "`ifdef",
            "`ifndef",
            "`else",
            "`elsif",
            "`endif",
            "`undef",
        ):
            end = text.find("\n", at)  # a directive is a line
            at, spaced = (end if end >= 0 else len(text)), True
            continue
        if kind in ("space", "attribute"):
            spaced = True
        else:
            tokens.append(Token(kind, word, at, match.end(), line, spaced))
            spaced = False
        line += word.count("\n")
        at = match.end()
    return tokens


class Parser:
    def __init__(self, text):
        self.tokens = tokenize(text)
        self.at = 0
        self.sites = []
        self.enums = []  # lists of the names of each enum
        self.module = ""
        self.constant_functions = self.functions_of_parameters()

    # ------------------------------------------------------------ tokens
    def text(self, first, last, edits=()):
        """The tokens [first, last) on one line, with edits [(first, last, text)], which do not
        overlap."""
        out, i = [], first
        edits = sorted(edits)
        while i < last or edits:
            if edits and edits[0][0] == i:
                a, b, new = edits.pop(0)
                out.append(
                    (" " if a > first and a < len(self.tokens) and self.tokens[a].spaced else "")
                    + new
                )
                i = b
            else:
                out.append(
                    (" " if i > first and self.tokens[i].spaced else "") + self.tokens[i].text
                )
                i += 1
        return "".join(out)

    def peek(self, ahead=0):
        i = self.at + ahead
        return self.tokens[i].text if i < len(self.tokens) else ""

    def take(self, wanted=None):
        if self.at >= len(self.tokens):
            raise ParseError("the file ends within a construct")
        token = self.tokens[self.at]
        if wanted is not None and token.text != wanted:
            raise ParseError(f"line {token.line}: '{wanted}' expected, '{token.text}' found")
        self.at += 1
        return token

    def skip_group(self):
        """Over a bracket and what it holds."""
        depth = 0
        while True:
            word = self.take().text
            if word in OPENS:
                depth += 1
            elif word in OPENS.values():
                depth -= 1
                if depth == 0:
                    return

    def skip_past(self, mark):
        while self.peek() != mark:
            if self.peek() in OPENS:
                self.skip_group()
            else:
                self.take()
        self.take()

    def functions_of_parameters(self):
        """Names of functions called in a parameter's value: a change there is another elaboration."""
        names, words = set(), [t.text for t in self.tokens]
        for i, word in enumerate(words):
            if word in ("localparam", "parameter"):
                depth, j = 0, i + 1
                while j < len(words) and not (depth == 0 and words[j] in (";", ")", ",")):
                    depth += (words[j] in OPENS) - (words[j] in OPENS.values())
                    if words[j] == "(" and self.tokens[j - 1].kind == "name":
                        names.add(words[j - 1])
                    j += 1
        return names

    # ------------------------------------------------------------ structure
    def parse(self):
        while self.at < len(self.tokens):
            word = self.peek()
            if word == "module":
                self.take()
                self.module = self.take().text
                while self.peek() != ";":
                    if self.peek() in OPENS:
                        self.skip_group()
                    else:
                        self.take()
                self.take()
                self.items("endmodule")
            elif word == "package":
                self.module = self.peek(1)
                self.skip_past(";")
                self.items("endpackage")
            else:
                self.take()
        return self

    def items(self, end):
        while self.peek() != end:
            self.item()
        self.take()
        if self.peek() == ":":
            self.at += 2

    def item(self):
        word, kind = self.peek(), self.tokens[self.at].kind if self.at < len(self.tokens) else ""
        if kind == "macro":
            self.take()
            if self.peek() == "(":
                self.skip_group()
            if self.peek() == ";":
                self.take()
        elif word in ("generate", "endgenerate", ";"):
            self.take()
        elif word == "typedef":
            self.enum()
        elif word == "function":
            self.function()
        elif word in DECLARES:
            self.skip_past(";")
        elif word == "assign":
            first = self.at
            self.take()
            target = self.expression(lvalue=True)
            self.take("=")
            value = self.expression()
            self.take(";")
            self.sites.append(Site("assign", self.module, first, self.at, value, target))
        elif word in ("always_ff", "always_comb", "always", "always_latch"):
            self.take()
            if self.peek() == "@":
                self.take()
                if self.peek() == "(":
                    self.skip_group()
                else:
                    self.take()
            self.statement(True, False, False)
        elif word == "initial":
            self.take()
            self.statement(False, False, False)
        elif word == "for":
            self.take()
            self.skip_group()
            self.item()
        elif word == "if":
            self.take()
            self.skip_group()
            self.item()
            if self.peek() == "else":
                self.take()
                self.item()
        elif word == "case":  # generate case
            self.take()
            self.skip_group()
            while self.peek() != "endcase":
                self.label()
                self.item()
            self.take()
        elif word == "begin":
            self.take()
            if self.peek() == ":":
                self.at += 2
            self.items("end")
        elif word.startswith("$"):
            self.skip_past(";")
        elif kind == "name" and self.peek(1) == ":":  # a labelled assertion
            self.skip_past(";")
            if self.peek() == "else":
                self.skip_past(";")
        elif kind == "name":
            self.instance()
        else:
            raise ParseError(f"line {self.tokens[self.at].line}: '{word}' is not in the subset")

    def enum(self):
        first = self.at
        self.skip_past(";")
        words = self.tokens[first : self.at]
        if words[1].text == "enum":
            body = self.text(first, self.at)
            names = re.sub(r"=[^,}]*", "", body[body.index("{") + 1 : body.rindex("}")])
            self.enums.append([n.strip() for n in names.split(",")])

    def function(self):
        while self.peek() not in ("(", ";"):
            if self.peek() == "[":
                self.skip_group()
            else:
                name = self.take().text
        self.skip_past(";")
        live = name not in self.constant_functions
        while self.peek() != "endfunction":
            self.statement(live, False, False)
        self.take()
        if self.peek() == ":":
            self.at += 2

    def instance(self):
        """A module's instance or a declaration with a user type."""
        self.take()
        if self.peek() == "::":
            self.at += 2
        if self.peek() == "#":
            self.take()
            self.skip_group()
        if (
            self.at + 1 < len(self.tokens)
            and self.tokens[self.at].kind == "name"
            and self.peek(1) == "("
        ):
            self.take()
            self.take("(")
            while self.peek() != ")":
                self.take(".")
                name = self.take().text
                if self.peek() == "(":
                    if (
                        name.endswith("_i")
                        and name not in ("clk_i", "rst_ni")
                        and self.peek(1) != ")"
                    ):
                        self.take()
                        first = self.at
                        value = self.expression()
                        self.sites.append(
                            Site("connection", self.module, first, self.at, value, port=name)
                        )
                        self.take(")")
                    else:
                        self.skip_group()
                if self.peek() == ",":
                    self.take()
            self.take()
        self.skip_past(";")

    def label(self):
        depth = 0
        while not (self.peek() == ":" and depth == 0):
            word = self.take().text
            depth += (word in OPENS) - (word in OPENS.values())
            if word == "default" and self.peek() != ":":
                return
        self.take()

    def statement(self, live, guarded, reset):
        """live: may change. Conditions that name a reset (rst_ni alone, or with more) mark their
        branch."""
        word, kind = self.peek(), self.tokens[self.at].kind
        if kind == "macro":
            self.take()
            if self.peek() == "(":
                self.skip_group()
            if self.peek() == ";":
                self.take()
        elif word == ";":
            self.take()
        elif word == "begin":
            self.take()
            if self.peek() == ":":
                self.at += 2
            while self.peek() != "end":
                self.statement(live, guarded, reset)
            self.take()
            if self.peek() == ":":
                self.at += 2
        elif word == "if":
            self.take()
            self.take("(")
            first = self.at
            value = self.expression()
            if live:
                self.sites.append(Site("condition", self.module, first, self.at, value))
            names = [t.text for t in self.tokens[first : self.at]]
            self.take(")")
            in_reset = "rst_ni" in names and names[names.index("rst_ni") - 1] == "!"
            self.statement(live, True, reset or in_reset)
            if self.peek() == "else":
                self.take()
                self.statement(live, True, reset)
        elif word in ("unique", "priority"):
            self.take()
            self.statement(live, guarded, reset)
        elif word in ("case", "casez"):
            self.take()
            self.skip_group()
            while self.peek() != "endcase":
                self.label()
                self.statement(live, True, reset)
            self.take()
        elif word == "for":
            self.take()
            self.skip_group()
            self.statement(live, guarded, reset)
        elif (
            word in DECLARES
            or word.startswith("$")
            or word in ("assert", "assume", "cover", "disable")
        ):
            self.skip_past(";")
        elif (
            kind == "name" and self.tokens[self.at + 1].kind == "name"
        ):  # a declaration with a user type
            self.skip_past(";")
        else:
            first = self.at
            target = self.expression(lvalue=True)
            how = self.take().text
            if how in ("++", "--"):
                self.take(";")
                return
            if how not in ("=", "<="):
                raise ParseError(f"line {self.tokens[first].line}: '{how}' is not in the subset")
            value = self.expression()
            self.take(";")
            if live:
                self.sites.append(
                    Site(
                        "nonblocking" if how == "<=" else "blocking",
                        self.module,
                        first,
                        self.at,
                        value,
                        target,
                        guarded,
                        reset,
                    )
                )

    # ------------------------------------------------------------ expressions
    def expression(self, level=0, lvalue=False):
        first = self.at
        left = self.primary()
        if lvalue:
            return left
        while True:
            op = self.peek()
            if op in BINARY and BINARY[op] > level:
                self.take()
                right = self.expression(BINARY[op])
                left = Node("binary", first, self.at, op, [left, right])
            elif op == "?" and level == 0:
                self.take()
                yes = self.expression()
                self.take(":")
                no = self.expression()
                left = Node("ternary", first, self.at, "?", [left, yes, no])
            else:
                return left

    def primary(self):
        first = self.at
        token = self.take()
        if token.text in UNARY:
            part = self.primary()
            return Node("unary", first, self.at, token.text, [part])
        if token.text == "(":
            node = Node("paren", first, 0, "", [self.expression()])
            self.take(")")
        elif token.text == "{":
            node = Node("concat", first, 0)
            part = self.expression()
            if self.peek() == "{":
                self.take()
                node = Node("repeat", first, 0, "", [part])
                node.parts.append(Node("concat", self.at - 1, 0))
                while True:
                    node.parts[1].parts.append(self.expression())
                    if self.peek() != ",":
                        break
                    self.take()
                self.take("}")
                node.parts[1].last = self.at
                self.take("}")
            else:
                node.parts.append(part)
                while self.peek() == ",":
                    self.take()
                    node.parts.append(self.expression())
                self.take("}")
        elif token.kind == "number":
            node = Node("number", first, 0, token.text)
        elif token.kind in ("name", "macro", "string"):
            node = Node("name", first, 0, token.text)
            while self.peek() in ("::", "."):
                self.take()
                node.op = self.take().text
            if self.peek() == "(":
                self.take()
                node = Node("call", first, 0, node.op)
                while self.peek() != ")":
                    node.parts.append(self.expression())
                    if self.peek() == ",":
                        self.take()
                self.take()
        else:
            raise ParseError(f"line {token.line}: '{token.text}' in an expression")
        node.last = self.at
        while True:
            if self.peek() == "'" and self.peek(1) == "(":
                self.at += 2
                part = self.expression()
                self.take(")")
                node = Node("cast", first, self.at, self.text(node.first, node.last), [part])
            elif self.peek() == "[":
                self.take()
                index = self.expression()
                mark = self.peek()
                if mark == "]":
                    self.take()
                    node = Node("select", first, self.at, "", [node, index])
                elif mark in (":", "+:", "-:"):
                    self.take()
                    end = self.expression()
                    self.take("]")
                    node = Node(
                        "range" if mark == ":" else "slice",
                        first,
                        self.at,
                        mark,
                        [node, index, end],
                    )
                else:
                    raise ParseError(f"line {self.tokens[self.at].line}: '{mark}' in an index")
            elif (
                self.peek() == "."
                and self.tokens[self.at + 1].kind == "name"
                and node.kind == "select"
            ):
                self.at += 2
                node = Node("name", first, self.at, self.tokens[self.at - 1].text)
            else:
                return node


def parse(text):
    """A Parser whose sites and enums are filled."""
    return Parser(text).parse()
