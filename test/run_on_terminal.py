"""Runs a command on a terminal of its own, and tells on stdout, as JSON, how it ended and what the terminal got.

Usage: python run_on_terminal.py TEXT KEYS COMMAND... KEYS are typed as soon as the terminal has got TEXT; "" types none.
The terminal is as wide as the variable COLUMNS says, or 100. Not for Windows, which has no such terminals.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios

LINES, COLUMNS = 24, int(os.environ.get("COLUMNS", "100"))

# A command that still runs and has written nothing for so long is taken to hang, and killed.
SECONDS_OF_SILENCE = 15


def main(text: str, keys: str, *command: str) -> None:
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", LINES, COLUMNS, 0, 0))
        os.execvp(command[0], command)
    output = b""
    hangs = False
    while not hangs:
        hangs = not select.select([terminal], [], [], SECONDS_OF_SILENCE)[0]
        if hangs:
            os.kill(child, 9)
        else:
            piece = read(terminal)
            if piece == b"":
                break
            output += piece
            if keys != "" and text.encode() in output:
                os.write(terminal, keys.encode())
                keys = ""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    json.dump({"code": code, "hangs": hangs, "output": output.decode()}, sys.stdout)


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux's way to say that the last program has left the terminal
        return b""


main(*sys.argv[1:])
