#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A board's serial port for tests: a pseudo-terminal joined to a simulator's socket.
Usage: pty_bridge.py SOCKET LINK: LINK becomes the name of the port; ends when either end is gone.
Like the board it does not notice when the host closes the port."""

import errno
import os
import pty
import selectors
import socket
import sys
import tty


def main(address, link):
    chip = socket.socket(socket.AF_UNIX)
    chip.connect(address)
    board, host = pty.openpty()  # host stays open here: the port outlives its users
    tty.setraw(host)
    os.symlink(os.ttyname(host), link)
    events = selectors.DefaultSelector()
    events.register(chip, selectors.EVENT_READ)
    events.register(board, selectors.EVENT_READ)
    while True:
        for key, _ in events.select():
            if key.fileobj is chip:
                data = chip.recv(4096)
                if not data:
                    return
                while data:
                    data = data[os.write(board, data) :]
            else:
                try:
                    data = os.read(board, 4096)
                except OSError as error:
                    if error.errno == errno.EIO:
                        return
                    raise
                chip.sendall(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
