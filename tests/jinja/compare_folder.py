#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Renders every template of a folder with Python's jinja2 and with ours, on five conversations.

Usage: compare_folder.py FOLDER [--tool build/tests/jinja_render_cases] [--mutable] [--show NAME]

Prints a line for each template: equal, refused (ours says why), or DIFFERENT; then the counts. `both refuse`
are conversations that the template itself, or jinja2, does not take. --mutable lets templates change lists and
dicts, which transformers forbids and ours allows. The exit code is 1 where anything is different.
"""
import argparse
import collections
import difflib
import glob
import json
import os
import subprocess
import sys

import jinja2.sandbox

import conversations
import reference


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--tool", default=os.path.join(os.path.dirname(__file__), "../../build/tests/jinja_render_cases"))
    parser.add_argument("--mutable", action="store_true")
    parser.add_argument("--show", help="print the differences of this template")
    args = parser.parse_args()
    sandbox = jinja2.sandbox.SandboxedEnvironment if args.mutable else jinja2.sandbox.ImmutableSandboxedEnvironment
    names = sorted(glob.glob(os.path.join(args.folder, "*.jinja")))
    if not names:
        sys.exit(args.folder + " has no *.jinja")
    tool = subprocess.Popen([args.tool], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    templates = collections.Counter()
    pairs = collections.Counter()
    for name in names:
        with open(name, encoding="utf-8", newline="") as file:
            source = file.read()
        results = collections.Counter()
        reason = ""
        for title, variables in conversations.CONVERSATIONS.items():
            expected = reference.render(source, json.loads(json.dumps(variables)), reference.environment(sandbox))
            tool.stdin.write(json.dumps({"template": source, "variables": variables}) + "\n")
            tool.stdin.flush()
            got = json.loads(tool.stdout.readline())
            if "text" in expected and "text" in got:
                result = "equal" if expected["text"] == got["text"] else "DIFFERENT"
            elif "error" in expected and "error" in got:
                result = "both refuse"
            else:
                result = "refused" if "error" in got else "ours alone"
            results[result] += 1
            if result not in ("equal", "both refuse"):
                reason = got.get("error") or expected.get("error") or title
            if args.show == os.path.basename(name):
                print("==", title, result, got.get("error"), "|", expected.get("error"))
                if result == "DIFFERENT":
                    print("\n".join(difflib.unified_diff(expected["text"].split("\n"), got["text"].split("\n"), "jinja2", "ours", n=1)))
        pairs.update(results)
        worst = next(r for r in ("DIFFERENT", "refused", "ours alone", "equal", "both refuse") if results[r])
        templates[worst] += 1
        print("%-60s %s %s" % (os.path.basename(name), dict(results), reason.split("\n")[0]))
    tool.stdin.close()
    tool.wait()
    print("templates:", dict(templates))
    print("template x conversation:", dict(pairs))
    return 1 if pairs["DIFFERENT"] else 0


if __name__ == "__main__":
    sys.exit(main())
