#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes expected/*.json: what Python's jinja2 makes of the corpus, which expectations_test.cc compares with ours.

Usage: make_expectations.py          write the files
       make_expectations.py --check  fail where a file is not what jinja2 makes today; 77 where jinja2 is missing

Each file: the variables of its cases, then the cases [template, text], text null where jinja2 refuses; in
templates.json [name of the template, name of the conversation, text].
"""
import itertools
import json
import os
import sys

try:
    import conversations
    import reference
except ImportError as error:
    print("not compared: %s (install jinja2)" % error)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
VARIABLES = {
    "s": "text",
    "l": [1, 2, 3, 4, 5],
    "d": {"a": 1, "b": {"c": [1, 2], "d": None}, "z": "é"},
    "d2": {"b": 2, "A": 3, "c": 1},
    "nested": {"list": [{"name": "a", "n": 2}, {"name": "b", "n": 1}, {"name": "c", "n": 2}]},
    "tree": [{"name": "r", "children": [{"name": "s"}, {"name": "t", "children": [{"name": "u"}]}]}, {"name": "v"}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "你好, what is <b>this</b>?"},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nA chip."},
    ],
    "add_generation_prompt": True,
}
OPERANDS = ["none", "true", "0", "3", "-2", "2.5", "''", "'ab'", "[1, 2]", "(1, 'a')", "{'a': 1}", "undefined_name"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "~", "==", "<", ">=", "in", "and"]
SUBJECTS = OPERANDS + ["'A b-c\\n d'", "range(3)", "{'k': [1]}.items()", "'5'", "'你好'", "['b', 'A']", "2.0", "'%s'"]
FILTERS = [
    "abs", "capitalize", "count", "default('q')", "default('q', true)", "dictsort", "escape", "first", "float", "indent",
    "int", "items | list", "join('-')", "last", "length", "list", "lower", "map('string') | list", "max", "min",
    "reject | list", "replace('a', 'b')", "reverse | list", "round", "safe", "select | list", "sort", "string", "sum",
    "title", "tojson", "tojson(indent=2)", "trim", "unique | list", "upper", "batch(2) | list", "attr('a')",
]
TESTS = [
    "boolean", "callable", "defined", "even", "false", "float", "in [3, 'ab', none]", "integer", "iterable", "lower",
    "mapping", "none", "number", "odd", "sequence", "string", "true", "undefined", "upper", "eq 3", "lt 3", "divisibleby 2",
]


def lines(name):
    with open(os.path.join(HERE, "corpus", name), encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]


def expected(template, variables):
    return reference.render(template, json.loads(json.dumps(variables))).get("text")


def product():
    for a, op, b in itertools.product(OPERANDS, OPERATORS, OPERANDS):
        yield "{{ %s %s %s }}" % (a, op, b)
    for subject, name in itertools.product(SUBJECTS, FILTERS):
        yield "{{ %s | %s }}" % (subject, name)
    for subject, name in itertools.product(SUBJECTS, TESTS):
        yield "{{ %s is %s }}" % (subject, name)


def case_file(templates, variables):
    rows = ["[%s, %s]" % (json.dumps(t, ensure_ascii=False), json.dumps(expected(t, variables), ensure_ascii=False)) for t in templates]
    return '{"variables": %s,\n"cases": [\n%s\n]}\n' % (json.dumps(variables, ensure_ascii=False), ",\n".join(rows))


def template_file():
    rows = []
    folder = os.path.join(HERE, "templates")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
            source = file.read()
        for title, variables in conversations.CONVERSATIONS.items():
            rows.append(json.dumps([name, title, expected(source, variables)], ensure_ascii=False))
    return '{"conversations": %s,\n"cases": [\n%s\n]}\n' % (
        json.dumps(conversations.CONVERSATIONS, ensure_ascii=False),
        ",\n".join(rows),
    )


def main():
    files = {
        "expressions.json": case_file(["{{ %s }}" % line for line in lines("expressions.txt")], VARIABLES),
        "snippets.json": case_file([json.loads(line) for line in lines("snippets.txt")], VARIABLES),
        "product.json": case_file(list(product()), {}),
        "templates.json": template_file(),
    }
    stale = []
    for name, text in files.items():
        path = os.path.join(HERE, "expected", name)
        if "--check" in sys.argv:
            with open(path, encoding="utf-8") as file:
                if file.read() != text:
                    stale.append(name)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    if stale:
        sys.exit("not what jinja2 makes: " + ", ".join(stale) + "; run tests/jinja/make_expectations.py")


if __name__ == "__main__":
    main()
