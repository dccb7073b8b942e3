#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""luoshu mutate: how many small faults in the RTL of a unit its tests notice.

Draws mutants by seed over the lines of a unit (operators.py says which kinds), compiles all of them
at once into a copy of the RTL, builds the unit's tests against the copy, and runs the tests once
per mutant, the fastest first, until one fails, stops on an assertion, or takes four times as much
processor time as without a mutant. What no test notices survives. Mutants that equivalents.md argues to change
nothing are counted apart; one of them that a test notices is an error. docs/mutation.md explains
the figures."""

import argparse
import json
import math
import os
import random
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import operators

HERE = Path(__file__).resolve().parent
WAITS = 6  # a loaded machine gives a test this much less than a processor


class MutationError(Exception):
    """What is wrong; what to do."""


def say(text):
    print(f"luoshu: {text}", file=sys.stderr, flush=True)


@dataclass
class Unit:
    name: str
    rtl: list  # patterns of files below the RTL's root
    tests: str  # regular expression of test names
    sources: list = field(default_factory=list)


@dataclass
class Test:
    name: str
    command: list
    folder: str
    limit: float
    seconds: float = 0.0


def read_units(path):
    return {
        name: Unit(name, u["rtl"], u["tests"])
        for name, u in json.loads(Path(path).read_text()).items()
    }


def read_equivalents(path):
    """Keys of the mutants that a file of equivalents lists: lines `- file, module: ORIGINAL ->
    CHANGED`, backquoted."""
    keys = set()
    if Path(path).exists():
        for line in Path(path).read_text().splitlines():
            match = re.match(r"- `(\S+)`, `(\w+)`: `(.*)` -> `(.*)`$", line)
            if match:
                keys.add(match.groups())
    return keys


def read_named(path, unit, sources):
    """The faults that a file names for a unit: each replaces `find`, which stands in one statement,
    condition or connection of `file` (on a line with `line` in it, where that is given)."""
    if not Path(path).exists():
        return []
    named = []
    for fault in json.loads(Path(path).read_text()).get(unit, []):
        source = next((s for s in sources if s.file == fault["file"]), None)
        sites = []
        if source is not None:
            lines = source.content.splitlines()
            for site in source.parser.sites:
                text = source.parser.text(site.first, site.last)
                line = source.parser.tokens[site.first].line
                if fault["find"] in text and fault.get("line", "") in lines[line - 1]:
                    sites.append((site, text, line))
        if len(sites) != 1:
            raise MutationError(
                f"{path}: '{fault['name']}' names {len(sites)} places, not one; bring it up to date"
            )
        site, text, line = sites[0]
        new = text.replace(fault["find"], fault["replace"])
        operator = f"named, {fault['name']}"
        named.append(
            operators.Mutant(
                fault["file"], line, site.module, operator, site, new, text, new, 0, fault["name"]
            )
        )
    return named


def draw(mutants, count, rng):
    """count mutants (0: all): lines in random order, an operator of each line, a mutant of the
    operator; a further round over the lines only when each has given one."""
    if count == 0:
        return list(mutants)
    lines = {}
    for m in mutants:
        lines.setdefault((m.file, m.line), {}).setdefault(m.operator, []).append(m)
    drawn = []
    while lines and len(drawn) < count:
        for key in rng.sample(sorted(lines), len(lines)):
            kinds = lines[key]
            kind = rng.choice(sorted(kinds))
            drawn.append(kinds[kind].pop(rng.randrange(len(kinds[kind]))))
            if not kinds[kind]:
                del kinds[kind]
            if not kinds:
                del lines[key]
            if len(drawn) == count:
                break
    return drawn


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class Campaign:
    """The mutants of one unit, from the draw to the verdicts."""

    def __init__(self, unit, args):
        self.unit, self.args = unit, args
        self.root = args.source / args.rtl
        self.work = args.build / unit.name
        self.rtl = self.work / "rtl"
        self.log = self.work / "log"
        self.log.mkdir(parents=True, exist_ok=True)
        files = sorted({f for pattern in unit.rtl for f in self.root.glob(pattern)})
        if not files:
            raise MutationError(f"unit '{unit.name}' has no RTL; see {args.units}")
        self.sources = [operators.Source(f.name, f.read_text()) for f in files]
        self.paths = {f.name: f.relative_to(self.root) for f in files}
        self.equivalents = read_equivalents(args.equivalents)
        self.rejects = self.work / "rejected.json"  # what did not compile in an earlier run

    def mirror(self):
        """The copy of the RTL, with the drawn mutants in the unit's files."""
        for f in self.root.rglob("*"):
            if f.is_file() and f.name not in self.paths:
                write_if_changed(self.rtl / f.relative_to(self.root), f.read_text())
        kept = {self.rtl / f.relative_to(self.root) for f in self.root.rglob("*")} | {
            self.rtl / "luoshu_mutant_pkg.sv"
        }
        for f in self.rtl.rglob("*"):
            if f.is_file() and f not in kept:
                f.unlink()
        write_if_changed(
            self.rtl / "luoshu_mutant_pkg.sv", (HERE / "luoshu_mutant_pkg.sv").read_text()
        )
        for source in self.sources:
            chosen = [m for m in self.mutants if m.file == source.file]
            write_if_changed(self.rtl / self.paths[source.file], source.schemata(chosen))

    def choose(self):
        rng = random.Random(f"{self.args.seed} {self.unit.name}")
        self.rejected = (
            {tuple(key) for key in json.loads(self.rejects.read_text())}
            if self.rejects.exists()
            else set()
        )
        everything = [
            m
            for s in self.sources
            for m in s.mutants
            if m.key() not in self.rejected
            and (self.args.match is None or self.args.match.search(str(m)))
        ]
        if not everything:
            raise MutationError(f"no mutant of {self.unit.name} is left to draw from")
        queue = (
            draw(everything, 0, rng)
            if self.args.mutants == 0
            else draw(everything, len(everything), rng)
        )
        wanted = (
            len(everything) if self.args.mutants == 0 else min(self.args.mutants, len(everything))
        )
        self.mutants, self.spare = queue[:wanted], queue[wanted:]
        named = read_named(self.args.named, self.unit.name, self.sources)
        self.mutants += [
            m for m in named if self.args.match is None or self.args.match.search(str(m))
        ]
        self.number()

    def number(self):
        for k, m in enumerate(self.mutants, 1):
            m.number = k

    def redraw(self, errors):
        """Takes out the mutants on the lines that the errors name and draws others; true if there
        was one."""
        bad = set()
        for file, line in re.findall(r"%Error[^:]*: (\S+?\.sv):(\d+):", errors):
            path = Path(file)
            if path.name in self.paths and path.exists():
                text = path.read_text().splitlines()[int(line) - 1]
                numbers = [
                    int(n) for n in re.findall(r"luoshu_mutant_pkg::chosen == 32'd(\d+)", text)
                ]
                bad.update(numbers)
        if not bad:
            return False
        for k in bad:
            if self.mutants[k - 1].name:
                raise MutationError(f"it does not compile: {self.mutants[k - 1]}")
        say(f"{self.unit.name}: {len(bad)} mutants do not compile; others drawn")
        self.rejected |= {self.mutants[k - 1].key() for k in bad}
        self.rejects.write_text(json.dumps(sorted(self.rejected)))
        for k in bad:
            if self.spare:
                self.mutants[k - 1] = self.spare.pop(0)
            else:
                self.mutants[k - 1] = None
        self.mutants = [m for m in self.mutants if m is not None]
        self.number()
        return True

    def command(self, name, command, **options):
        with open(self.log / f"{name}.log", "w") as log:
            done = subprocess.run(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options
            )
        return done.returncode, (self.log / f"{name}.log").read_text(errors="replace")

    def configure(self):
        while True:
            self.mirror()
            code, text = self.command(
                "configure",
                [
                    "cmake",
                    "-S",
                    str(self.args.source),
                    "-B",
                    str(self.work / "build"),
                    "-G",
                    "Ninja",
                    "-DCMAKE_C_COMPILER=clang",
                    "-DCMAKE_CXX_COMPILER=clang++",
                    "-DCMAKE_BUILD_TYPE=Release",
                    "-DCMAKE_CXX_FLAGS_RELEASE=-O1",  # most of the time goes to compiling
                    "-DLUOSHU_PROFILE=OFF",
                    "-DLUOSHU_ONLY=none",
                    f"-DLUOSHU_MUTATION_ROOT={self.rtl}",
                    f"-DLUOSHU_RTL_TESTS={self.unit.tests}",
                ],
            )
            if code == 0:
                return
            if not self.redraw(text):
                raise MutationError(
                    f"configuring {self.unit.name} failed; see {self.log}/configure.log"
                )

    def find_tests(self):
        out = subprocess.run(
            [
                "ctest",
                "--test-dir",
                str(self.work / "build"),
                "--show-only=json-v1",
                "-R",
                self.unit.tests,
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        self.tests = []
        for t in json.loads(out)["tests"]:
            properties = {p["name"]: p["value"] for p in t.get("properties", [])}
            self.tests.append(
                Test(
                    t["name"],
                    t.get("command", []),
                    properties.get("WORKING_DIRECTORY", "."),
                    float(properties.get("TIMEOUT", 300)),
                )
            )
        if not self.tests:
            raise MutationError(f"no test is named like '{self.unit.tests}'; see {self.args.units}")

    def build(self):
        while True:
            self.configure()
            self.find_tests()  # their commands are known when they are built
            code, text = self.command(
                "build",
                [
                    "ninja",
                    "-C",
                    str(self.work / "build"),
                    f"-j{self.args.jobs}",
                    *[t.name for t in self.tests],
                ],
            )
            if code == 0:
                self.find_tests()
                return
            if not self.redraw(text):
                raise MutationError(f"building {self.unit.name} failed; see {self.log}/build.log")

    def run(self, test, number, limit):
        """Processor seconds of the test if it passes, else None. It ends after limit of them; a
        test that waits without computing, after WAITS times as long by the clock."""
        environment = dict(os.environ, LUOSHU_MUTANT=str(number), GTEST_FAIL_FAST="1")
        with open(self.log / f"mutant{number}.log", "a") as log:
            child = subprocess.Popen(
                test.command,
                cwd=test.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            seconds = math.ceil(limit)
            resource.prlimit(child.pid, resource.RLIMIT_CPU, (seconds, seconds))
            stopper = threading.Timer(WAITS * limit, os.killpg, (child.pid, signal.SIGKILL))
            stopper.start()
            _, status, used = os.wait4(child.pid, 0)
            stopper.cancel()
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode == -signal.SIGKILL:
                print(f"{test.name}: more than {seconds} s", file=log)
        return used.ru_utime + used.ru_stime if child.returncode == 0 else None

    def baseline(self, test):
        test.seconds = self.run(test, 0, 10 * test.limit)
        if test.seconds is None:
            raise MutationError(f"{test.name} fails without a mutant; see {self.log}/mutant0.log")

    def verdict(self, mutant):
        """Name of the test that notices the mutant, or None."""
        (self.log / f"mutant{mutant.number}.log").write_text(f"{mutant}\n")
        for test in self.tests:
            if self.run(test, mutant.number, max(self.args.grace, 4 * test.seconds)) is None:
                return test.name
        return None

    def measure(self):
        begin = time.monotonic()
        self.choose()
        self.build()
        built = time.monotonic() - begin
        (self.log / "mutant0.log").write_text("")
        with ThreadPoolExecutor(self.args.jobs) as pool:
            list(pool.map(self.baseline, self.tests))
            self.tests.sort(key=lambda t: t.seconds)
            say(
                f"{self.unit.name}: {len(self.mutants)} mutants in {len(self.sources)} files, "
                f"{len(self.tests)} tests of {sum(t.seconds for t in self.tests):.0f} s, built in {built:.0f} s"
            )
            only = self.mutants
            if self.args.only:
                only = [m for m in self.mutants if m.number in self.args.only]
            verdicts = []
            for m, by in zip(only, pool.map(self.verdict, only)):
                verdicts.append((m, by))
                fate = "EQUIVALENT" if m.key() in self.equivalents else "SURVIVED"
                fate = f"killed by {by}" if by else fate
                say(f"{self.unit.name} {m.number}/{len(self.mutants)} {fate}: {m}")
        named = [(m, by) for m, by in verdicts if m.name]
        verdicts = [(m, by) for m, by in verdicts if not m.name]
        self.wrong = [m for m, by in verdicts if by and m.key() in self.equivalents]
        survivors = [m for m, by in verdicts if not by and m.key() not in self.equivalents]
        equivalent = sum(by is None and m.key() in self.equivalents for m, by in verdicts)
        return {
            "unit": self.unit.name,
            "mutants": len(verdicts),
            "equivalent": equivalent,
            "killed": sum(by is not None for _, by in verdicts),
            "survivors": [f"{m.file}:{m.line}: {m.original} -> {m.changed}" for m in survivors],
            "named": [{"name": m.name, "killed_by": by} for m, by in named],
            "seed": self.args.seed,
            "files": len(self.sources),
            "build_s": round(built, 1),
            "wall_s": round(time.monotonic() - begin, 1),
        }


class ArgumentParser(argparse.ArgumentParser):
    def error(self, message):
        print(f"luoshu: error: {message}; try luoshu mutate --help", file=sys.stderr)
        sys.exit(2)


def expression(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no regular expression: {error}") from error


def arguments(argv):
    parser = ArgumentParser(
        prog="luoshu mutate", description="How many small faults in a unit's RTL its tests notice."
    )
    parser.add_argument(
        "unit", nargs="*", metavar="UNIT", help="units of tests/mutation/units.json; default all"
    )
    parser.add_argument(
        "--mutants",
        type=int,
        default=60,
        metavar="N",
        help="mutants per unit; 0: every one there is (default 60)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the draw (default 1)")
    parser.add_argument("--json", metavar="FILE", help="the figures; - for stdout")
    parser.add_argument(
        "--only",
        type=lambda s: {int(n) for n in s.split(",")},
        metavar="K,K",
        help="run these mutants of the draw alone",
    )
    parser.add_argument(
        "--match",
        type=expression,
        metavar="REGEX",
        help="draw from the mutants whose line in --list matches",
    )
    parser.add_argument(
        "--least",
        type=float,
        default=95.0,
        metavar="PERCENT",
        help="exit 1 when a unit's tests kill fewer of those that are not equivalent (default 95)",
    )
    parser.add_argument("--list", action="store_true", help="print the draw, run nothing")
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="builds and tests at a time (default: processors)",
    )
    parser.add_argument(
        "--grace", type=float, default=5.0, help=argparse.SUPPRESS
    )  # seconds that each test has at least
    parser.add_argument("--source", type=Path, default=HERE.parents[1], help=argparse.SUPPRESS)
    parser.add_argument("--rtl", default="rtl", help=argparse.SUPPRESS)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--named", type=Path, default=HERE / "named.json", help=argparse.SUPPRESS)
    parser.add_argument("--units", type=Path, default=HERE / "units.json", help=argparse.SUPPRESS)
    parser.add_argument(
        "--equivalents", type=Path, default=HERE / "equivalents.md", help=argparse.SUPPRESS
    )
    args = parser.parse_args(argv)
    args.source = args.source.resolve()
    args.build = (args.build or args.source / "build" / "mutation").resolve()
    if args.mutants < 0 or args.jobs < 1:
        parser.error("--mutants and --jobs are counts")
    return args


def main(argv):
    try:
        args = arguments(argv)
    except SystemExit as stop:
        return stop.code
    units = read_units(args.units)
    for name in args.unit:
        if name not in units:
            print(f"luoshu: error: no unit '{name}'; units are {', '.join(units)}", file=sys.stderr)
            return 2
    rows, wrong = [], []
    try:
        if args.json and args.json != "-":
            open(args.json, "a").close()  # not after an hour
        for name in args.unit or units:
            campaign = Campaign(units[name], args)
            if args.list:
                campaign.choose()
                for m in campaign.mutants:
                    print(m)
                continue
            rows.append(campaign.measure())
            wrong += campaign.wrong
    except (MutationError, OSError) as error:
        print(f"luoshu: error: {error}", file=sys.stderr)
        return 1
    if args.list:
        return 0
    if args.json:
        text = json.dumps(rows, indent=1) + "\n"
        if args.json == "-":
            sys.stdout.write(text)
        else:
            part = Path(args.json + ".part")
            part.write_text(text)
            part.replace(args.json)
    enough = True
    for row in rows:
        real = row["mutants"] - row["equivalent"]
        share = 100.0 * row["killed"] / real if real else 100.0
        missed = [n["name"] for n in row["named"] if not n["killed_by"]]
        enough = enough and share >= args.least and not missed
        if args.json != "-":
            print(
                f"{row['unit']:8} {row['killed']:4} of {real} killed ({share:.1f}%), "
                f"{row['equivalent']} equivalent, {row['wall_s']:.0f} s"
            )
            for survivor in row["survivors"]:
                print(f"         survived: {survivor}")
            if row["named"]:
                print(f"         {len(row['named']) - len(missed)} of {len(row['named'])} named faults killed")
            for name in missed:
                print(f"         survived: {name}")
    for m in wrong:
        print(
            "luoshu: error: the list of equivalents has a mutant that a test notices; "
            f"take it out: {m}",
            file=sys.stderr,
        )
    return 0 if enough and not wrong else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
