#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A reader of stdout that is slow, on a pipe that does not block: every byte arrives, also when signals
that mean nothing come meanwhile. slow_reader.py LUOSHU"""

import fcntl
import os
import signal
import subprocess
import sys
import time

LINES = 40000


def main():
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETFL, os.O_NONBLOCK)
    text = "word " * LINES
    command = [sys.argv[1], "tokenize", "-f", "-"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=write_end)
    os.close(write_end)
    process.stdin.write(text.encode())
    process.stdin.close()
    time.sleep(1)  # the pipe is full by now
    parts = []
    while True:
        process.send_signal(signal.SIGCONT)
        part = os.read(read_end, 4096)
        if not part:
            break
        parts.append(part)
        if len(parts) % 16 == 0:
            time.sleep(0.01)
    assert process.wait() == 0, process.returncode
    lines = b"".join(parts).decode().splitlines()
    expected = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    assert lines == expected.stdout.decode().splitlines(), (len(lines), "lines arrived")
    assert len(lines) >= LINES, len(lines)
    print("PASS")


main()
