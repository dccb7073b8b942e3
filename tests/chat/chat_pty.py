#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""luoshu chat as a person sees it, on a pseudo-terminal: editing, history, commands, Ctrl-C, Ctrl-D.
chat_pty.py LUOSHU CHAT_MODEL"""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time


class Terminal:
    def __init__(self, command, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, env)
        self.text = ""
        self.seen = 0

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def wait(self, pattern, seconds=60):
        """Waits for `pattern` in what has come since the last wait; returns the match."""
        end = time.monotonic() + seconds
        while True:
            match = re.compile(pattern, re.S).search(self.text, self.seen)
            if match:
                self.seen = match.end()
                return match
            if time.monotonic() > end or not self.read(end):
                raise SystemExit(f"FAIL: no {pattern!r} in {self.text[self.seen:]!r}")

    def prompt(self):
        """Waits until the editor waits: what comes before that, the terminal would echo itself."""
        self.wait("> $")
        time.sleep(0.3)

    def read(self, end):
        ready, _, _ = select.select([self.fd], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return True
        try:
            data = os.read(self.fd, 4096)
        except OSError:  # the other side is gone
            data = b""
        self.text += data.decode(errors="replace")
        return bool(data)

    def status(self):
        while self.read(time.monotonic() + 60):
            pass
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def main():
    luoshu, chat_model = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/chat.gguf"
        subprocess.run([chat_model, model, f"{folder}/plain.gguf"], check=True)
        env = dict(os.environ, HOME=folder, TERM="xterm", LC_ALL="C.UTF-8")
        env.pop("XDG_STATE_HOME", None)
        env.pop("NO_COLOR", None)
        command = [luoshu, "chat", "--device", "model", "-t", "1", "--temp", "0", "-n", "24", "-m", model]

        t = Terminal(command, env)
        t.wait("> ")
        t.type("/help\n")
        t.wait("/clear .*/quit")
        t.type("/nonsense\n")
        t.wait("no command")
        t.type("hellx\x7fo\n")  # edited
        t.wait("\n> ")
        t.type(f"/save {folder}/saved.json\n")
        t.wait("\n> |> $")
        for _ in range(100):
            if os.path.exists(f"{folder}/saved.json"):
                break
            time.sleep(0.1)
        saved = json.load(open(f"{folder}/saved.json"))
        assert saved["messages"][0] == {"role": "user", "content": "hello"}, saved
        assert saved["messages"][1]["role"] == "assistant", saved
        t.type("再来一个\n")
        t.wait("\n> ")
        t.type("/stats\n")
        kept = int(t.wait(r"4 messages.* (\d+) tokens of the prompt kept")[1])
        assert kept == 24, kept  # the first prompt is not computed again
        t.type("\x10\x10\n")  # Ctrl-P: the line before the last one, from the history
        t.wait("再来一个")
        t.wait("\n> ")
        t.type("/clear\n/system 简短。\n/stats\n")
        t.wait("0 messages")
        t.type(f"/load {folder}/saved.json\n/stats\n")
        t.wait("2 messages")
        t.type(f"/load {folder}/absent.json\n")
        t.wait("luoshu: error: [^\n]*absent.json")
        t.prompt()
        t.type("a line that is given up")
        t.wait("given up")
        os.kill(t.pid, signal.SIGINT)
        t.wait("\n> ")
        t.type("/stats\n")
        t.wait("2 messages")
        t.type("\x04")
        status = t.status()
        assert status == 0, (status, t.text)
        assert "hello" in open(f"{folder}/.local/state/luoshu/history").read()

        # Ctrl-C stops the answer, not the conversation; twice ends the program.
        command[command.index("-n") + 1] = "4000"
        t = Terminal(command, env)
        t.prompt()
        t.type("tell\n")
        t.wait("tell\r?\n[^>]{20}")
        os.kill(t.pid, signal.SIGINT)
        t.wait("luoshu: stopped", 20)
        t.type("/stats\n")
        t.wait("2 messages")
        t.type("/quit\n")
        assert t.status() == 0

        # A terminal that goes away ends it.
        t = Terminal(command, env)
        t.wait("> ")
        os.close(t.fd)
        for _ in range(200):
            pid, status = os.waitpid(t.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.1)
        assert pid, "goes on without a terminal"
    print("PASS")


main()
