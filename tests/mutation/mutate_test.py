#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mutate.py itself: what it reads, what it draws, and that it tells killed, surviving, equivalent
and impossible mutants of a tiny module apart (tool/). Usage: mutate_test.py BUILD_FOLDER."""

import contextlib
import io
import json
import random
import sys
import unittest
import unittest.mock
from pathlib import Path

import mutate
import operators
import verilog

HERE = Path(__file__).resolve().parent
BUILD = Path(sys.argv.pop(1) if len(sys.argv) > 1 else "build/mutation_tool").resolve()


def run(test, *arguments):
    """Exit code, rows of the JSON (None without) and messages of a run of tiny.sv with that test."""
    out, err = io.StringIO(), io.StringIO()
    BUILD.mkdir(parents=True, exist_ok=True)
    units = BUILD / "units.json"
    units.write_text(json.dumps({"tiny": {"rtl": ["tiny.sv"], "tests": f"^tiny_{test}$"}}))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = mutate.main(
            [
                "--source",
                str(HERE / "tool"),
                "--build",
                str(BUILD),
                "--units",
                str(units),
                "--equivalents",
                str(HERE / "tool/equivalents.md"),
                "--named",
                str(BUILD / "none.json"),
                "--grace",
                "1",
                *arguments,
            ]
        )
    return (
        code,
        json.loads(out.getvalue()) if out.getvalue().startswith("[") else None,
        err.getvalue(),
    )


class Reading(unittest.TestCase):
    def test_all_rtl(self):
        """Each file is in the subset, keeps its text, and stays readable with many mutants."""
        kinds = set()
        for path in sorted((HERE.parents[1] / "rtl").glob("**/*.sv")):
            with self.subTest(path.name):
                text = path.read_text()
                source = operators.Source(path.name, text)
                self.assertEqual(source.schemata([]), text)
                some = mutate.draw(source.mutants, 20, random.Random(1))
                for number, mutant in enumerate(some, 1):
                    mutant.number = number
                mutated = source.schemata(some)
                verilog.parse(mutated)
                kinds |= {m.operator for m in source.mutants}
                for m in source.mutants:
                    self.assertNotEqual(m.original, m.changed)
        self.assertEqual(kinds, set(operators.OPERATORS))

    def test_units_have_files(self):
        for unit in mutate.read_units(HERE / "units.json").values():
            self.assertTrue(
                [f for p in unit.rtl for f in (HERE.parents[1] / "rtl").glob(p)], unit.name
            )

    def test_named_faults_are_there(self):
        """Each fault of named.json names one place of the RTL as it is."""
        units = mutate.read_units(HERE / "units.json")
        rtl = HERE.parents[1] / "rtl"
        for name, faults in json.loads((HERE / "named.json").read_text()).items():
            files = sorted({f for pattern in units[name].rtl for f in rtl.glob(pattern)})
            sources = [operators.Source(f.name, f.read_text()) for f in files]
            found = mutate.read_named(HERE / "named.json", name, sources)
            self.assertEqual([m.name for m in found], [fault["name"] for fault in faults])

    def test_only_the_circuit(self):
        text = """
module x #(parameter int W = 7) (
    input wire clk_i, input wire rst_ni, input wire [W-1:0] a_i, output logic [W-1:0] y_o
);
  localparam int Half = size(W);
  function automatic int size(input int n);
    size = n / 2 + 1;
  endfunction
  generate
    if (W > 3) begin : gen
      assign y_o[0] = a_i[0] & a_i[1];  // & in a comment
    end
  endgenerate
  initial $fatal(1, "a & b");
  `LUOSHU_ASSERT(name, a_i != 0)
  sub #(.N(W + 1)) u_sub (.clk_i, .rst_ni(rst_ni & 1'b1), .a_i(a_i & 7'h55), .y_o(y_o[W-1:1]));
endmodule
"""
        source = operators.Source("x.sv", text)
        self.assertEqual(
            {m.original for m in source.mutants},
            {"assign y_o[0] = a_i[0] & a_i[1];", ".a_i(a_i & 7'h55)"},
        )

    def test_what_does_not_parse_is_told(self):
        with self.assertRaises(verilog.ParseError):
            verilog.parse("module x; always_comb begin a = (b; end endmodule")


class Drawing(unittest.TestCase):
    def setUp(self):
        self.mutants = operators.Source("tiny.sv", (HERE / "tool/rtl/tiny.sv").read_text()).mutants

    def test_seed_decides(self):
        def draws(seed):
            return [str(m) for m in mutate.draw(self.mutants, 9, random.Random(seed))]

        self.assertEqual(draws(1), draws(1))
        self.assertNotEqual(draws(1), draws(2))
        self.assertEqual(len(set(draws(1))), 9)

    def test_every_line_before_one_twice(self):
        lines = {m.line for m in self.mutants}
        self.assertEqual(
            {m.line for m in mutate.draw(self.mutants, len(lines), random.Random(3))}, lines
        )


class Limits(unittest.TestCase):
    """A test has processor time, not time by the clock, which other work on the machine takes."""

    def seconds(self, script, waits=mutate.WAITS):
        campaign = object.__new__(mutate.Campaign)
        campaign.log = BUILD
        BUILD.mkdir(parents=True, exist_ok=True)
        with unittest.mock.patch("mutate.WAITS", waits):
            return campaign.run(mutate.Test("script", ["sh", "-c", script], ".", 1), 0, 1)

    def test_waiting_costs_nothing(self):
        self.assertLess(self.seconds("sleep 1.5"), 1)

    def test_computing_for_ever_ends(self):
        self.assertIsNone(self.seconds("while :; do :; done"))

    def test_waiting_for_ever_ends(self):
        self.assertIsNone(self.seconds("sleep 60", waits=1))

    def test_failure(self):
        self.assertIsNone(self.seconds("exit 1"))


class Campaigns(unittest.TestCase):
    def test_good(self):
        """A test that sees everything kills all but the equivalent."""
        code, (row,), _ = run("good", "--mutants", "0", "--json", "-")
        self.assertEqual((code, row["unit"], row["survivors"]), (0, "tiny", []))
        self.assertGreater(row["mutants"], 60)
        self.assertEqual(row["equivalent"], 4)
        self.assertEqual(row["killed"] + row["equivalent"], row["mutants"])

    def test_impossible(self):
        """A mutant that does not compile is replaced by another, and not drawn again."""

        class WithOneMore(operators.Source):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                first = self.mutants[0]
                first.new = first.changed = "assign full = missing;"

        (BUILD / "tiny/rejected.json").unlink(missing_ok=True)
        with unittest.mock.patch("operators.Source", WithOneMore):
            for told in (True, False):
                _, (row,), log = run(
                    "good", "--mutants", "20", "--seed", "2", "--only", "1", "--json", "-"
                )
                self.assertEqual("1 mutants do not compile" in log, told, log)
                self.assertEqual(row["mutants"], 1)
        (BUILD / "tiny/rejected.json").unlink()

    def test_match(self):
        code, (row,), _ = run("good", "--match", "high_o", "--mutants", "0", "--json", "-")
        self.assertEqual((code, row["mutants"], row["killed"]), (0, 8, 8))

    def test_blind(self):
        """What a test does not look at survives, by name, and the exit code says so."""
        code, (row,), _ = run("blind", "--mutants", "0", "--json", "-")
        self.assertEqual(code, 1)
        self.assertTrue(row["survivors"])
        for survivor in row["survivors"]:
            self.assertRegex(survivor, r"tiny.sv:\d+: assign high_o = ")
        self.assertEqual(row["killed"] + row["equivalent"] + len(row["survivors"]), row["mutants"])

    def test_false_equivalent(self):
        """A mutant that is called equivalent and killed is an error."""
        claims = BUILD / "claims.md"
        claims.write_text("- `tiny.sv`, `tiny`: `if (!full)` -> `if (1'b1)`\n")
        code, _, log = run(
            "good", "--match", "full", "--mutants", "0", "--equivalents", str(claims)
        )
        self.assertEqual(code, 1)
        self.assertIn("list of equivalents has a mutant that a test notices", log)

    def test_named(self):
        """Faults of a list run with the draw and are told apart from it; one that is not found, or
        not in one place, is an error."""
        faults = BUILD / "named.json"
        fault = {"name": "no reset", "file": "tiny.sv", "find": "!rst_ni", "replace": "1'b0"}
        faults.write_text(json.dumps({"tiny": [fault]}))
        arguments = ["--mutants", "3", "--named", str(faults), "--json", "-"]
        code, (row,), _ = run("good", *arguments)
        self.assertEqual((code, row["mutants"]), (0, 3))
        self.assertEqual(row["named"], [{"name": "no reset", "killed_by": "tiny_good"}])
        for text in ("no such text", ";"):
            faults.write_text(json.dumps({"tiny": [dict(fault, find=text)]}))
            self.assertIn("'no reset' names", run("good", *arguments)[2])

    def test_broken(self):
        code, rows, log = run("broken", "--mutants", "4", "--json", "-")
        self.assertEqual((code, rows), (1, None))
        self.assertIn("fails without a mutant", log)

    def test_no_tests(self):
        self.assertIn("no test is named like", run("none", "--mutants", "4")[2])

    def test_usage(self):
        self.assertIn("no mutant of tiny is left", run("good", "--match", "no such text")[2])
        for bad in (
            ["nothing"],
            ["--match", "("],
            ["--mutants", "-1"],
            ["--mutants", "many"],
            ["--jobs", "0"],
            ["--what"],
        ):
            with self.subTest(bad):
                self.assertEqual(run("good", *bad)[0], 2)


if __name__ == "__main__":
    unittest.main()
