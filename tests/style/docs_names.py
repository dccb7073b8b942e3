#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs_names.py ROOT: what the documents name exists.

Looks at every Markdown file below ROOT but CHANGELOG.md, which names what is gone. In back-ticks, outside of code blocks:
- a port (`mac_valid_o`, also `aw_*` for a group of them) is declared in a .sv file; names of one letter (`q_i`) are not looked at;
- `luoshu_...` is a module, or the name of a file;
- a name in UpperCamelCase stands in the RTL, the definitions, a C++ source, or a build script;
- a file or folder below a folder of the repository exists, and a bare `name.sv`, `name.cc`, `name.h` is that of a file;
- `--filter NAME` of `./luoshu test` is part of the name of a test.
A relative link leads to a file, its #anchor to a heading of it. Prints FILE:LINE for each that does not; exit 1 then.
Lines in docs/architecture have at most 100 characters, pictures there 40 kB; every SVG in docs is XML.
"""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

SOURCES = (".sv", ".svh", ".v", ".cc", ".h", ".c", ".in", ".py", ".sh", ".cmake", ".json", ".S", ".ld", ".vlt")
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PORT = re.compile(r"(?<![\w./-])([a-z][a-z0-9_]+_(?:i|o|ni|no))(?![\w*.])")
GROUP = re.compile(r"(?<![\w./-])([a-z][a-z0-9]*(?:_[a-z0-9]+)*_)\*(?![\w.])")
MODULE = re.compile(r"(?<![\w./-])(luoshu_[a-z0-9_]+)(\*?)(?![\w./])")
CAMEL = re.compile(r"(?<![\w./-])([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)(?![\w.])")
WORD = re.compile(r"[A-Z][a-z]+[a-z0-9]*$")
FILTER = re.compile(r"--filter[ =]([\w-]+)")
DECLARED = re.compile(r"^\s*(?:input|output|inout)\b[^/;]*?(\w+)\s*(?:,|\)|;|//|$)")
PLACEHOLDER = re.compile(r"[A-Z]{3,}|[*?{}<>$]|\.\.\.")


def walk(root):
    """Files of the repository, as paths below root."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "build")) and f != "__pycache__")
        for name in sorted(files):
            yield os.path.relpath(os.path.join(folder, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


class Names:
    """What exists."""

    def __init__(self, root):
        self.root = root
        self.files = list(walk(root))
        self.paths = set(self.files)
        for path in self.files:
            while os.path.dirname(path):
                path = os.path.dirname(path)
                self.paths.add(path)
        self.tops = {p for p in self.paths if "/" not in p}
        self.bases = {os.path.basename(p) for p in self.files}
        self.ports, self.modules, self.words, self.tests = set(), set(), set(), ""
        for path in self.files:
            if path.endswith(SOURCES) or os.path.basename(path) == "CMakeLists.txt":
                text = read(root, path)
                self.words.update(re.findall(r"\w+", text))
                if path.endswith(".sv"):
                    self.modules.update(re.findall(r"^\s*(?:module|package)\s+(\w+)", text, re.M))
                    for line in text.splitlines():
                        found = DECLARED.match(line)
                        if found:
                            self.ports.add(found.group(1))
                if path.startswith("tests/") and path.endswith(("tests.cmake", "CMakeLists.txt")):
                    self.tests += text
        # a loop of CMake gives tests names like chip_test_${config}
        self.test_patterns = [re.compile(re.sub(r"\\\$\\{\w+\\}", ".+", re.escape(n)))
                              for n in re.findall(r"NAME\s+([\w${}]+)", self.tests)]
        stems = {b.split(".")[0] for b in self.bases}
        self.modules |= {s for s in stems if s.startswith("luoshu_")}
        self.targets = self.tests + "".join(read(root, p) for p in self.files if p.endswith(("CMakeLists.txt", ".cmake")))

    def missing(self, span):
        """What of a back-ticked span does not exist."""
        for name in PORT.findall(span):
            if name not in self.ports:
                yield "no port " + name
        for prefix in GROUP.findall(span):
            if prefix.startswith("luoshu_"):
                continue
            known = self.words if prefix.startswith(("u_", "unused_")) else self.ports | self.modules
            if not any(n.startswith(prefix) for n in known) and not re.search(r"\b" + prefix, self.targets):
                yield "no port or test " + prefix + "*"
        for name, star in MODULE.findall(span):
            if star or name.endswith("_"):
                if not any(m.startswith(name) for m in self.modules):
                    yield "no module " + name + "*"
            elif name not in self.modules and not PORT.fullmatch(name) and not re.search(r"\b%s\b" % name, self.targets):
                yield "no module " + name
        names = set(CAMEL.findall(span))
        if WORD.match(span):
            names.add(span)
        for name in sorted(names - self.words):
            yield "no name " + name
        for name in FILTER.findall(span):
            if name not in self.tests and not any(p.fullmatch(name) for p in self.test_patterns):
                yield "no test " + name

    def missing_paths(self, span, folder):
        """What of the files that a span names does not exist, seen from the folder of the document."""
        for word in re.split(r"[\s,;()'\"]+", span):
            word = re.sub(r"(:\d+(-\d+)?)+$", "", word).rstrip("/.:")
            word = word[2:] if word.startswith("./") else word
            if not word or PLACEHOLDER.search(word) or word.startswith(("-", "/", "~", "..")):
                continue
            if "/" in word:
                if word.split("/")[0] in self.tops and not self.exists(word, folder):
                    yield "no file or folder " + word
            elif re.fullmatch(r"\w+\.(sv|svh|cc|h|cmake)", word) and word not in self.bases:
                yield "no file " + word

    def exists(self, word, folder):
        """A path as documents write it: from the root or their own folder, an ending may be left out."""
        for path in (word, os.path.normpath(os.path.join(folder, word))):
            if path in self.paths or any(path + end in self.paths for end in (".sv", ".h", ".cc", ".md")):
                return True
        return any(p.endswith("/" + word) for p in self.paths) or os.path.exists(os.path.join(self.root, word))


def bad_link(root, document, target):
    """Why a link of a document leads nowhere, or None."""
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    full = os.path.normpath(os.path.join(root, os.path.dirname(document), path)) if path else os.path.join(root, document)
    if not os.path.exists(full):
        return "no file " + target
    if anchor and full.endswith(".md"):
        headings = re.findall(r"^#+ +(.*?)\s*#*$", read("", full), re.M)
        if anchor not in {slug(h) for h in headings}:
            return "no heading " + target
    return None


def bad_picture(root, path):
    """What is wrong with an SVG, or None."""
    if path.startswith("docs/architecture/") and os.path.getsize(os.path.join(root, path)) > 40960:
        return "more than 40 kB"
    try:
        ElementTree.parse(os.path.join(root, path))
    except ElementTree.ParseError as error:
        return "no XML: %s" % error
    return None


def check(root):
    """All complaints, as lines."""
    names = Names(root)
    found = []
    for path in names.files:
        if path.startswith("docs/") and path.endswith(".svg") and bad_picture(root, path):
            found.append("%s:1: %s" % (path, bad_picture(root, path)))
    for document in names.files:
        if not document.endswith(".md") or document == "CHANGELOG.md":
            continue
        fenced = False
        for number, line in enumerate(read(root, document).splitlines(), 1):
            if document.startswith("docs/architecture/") and len(line) > 100:
                found.append("%s:%d: %d characters" % (document, number, len(line)))
            if line.lstrip().startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            why = []
            for span in SPAN.findall(line):
                why += names.missing(span)
                why += names.missing_paths(span, os.path.dirname(document))
            for target in LINK.findall(SPAN.sub("", line)):
                reason = bad_link(root, document, target)
                why += [reason] if reason else []
            found += ["%s:%d: %s" % (document, number, reason) for reason in why]
    return found


def main():
    found = check(sys.argv[1])
    for line in found:
        print(line)
    if found:
        print("docs_names: %d names or links of the documents lead nowhere" % len(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
