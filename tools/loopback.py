"""Run a command in a network of its own: `python -m tools.loopback COMMAND ...`.

TensorFlow's workers listen on every address that a machine has, and Ray on the machine's own; neither asks who is
calling. So what this project starts of them runs in a network namespace (Linux) whose only device is a loopback: the
processes find each other on 127.0.0.1, and nothing outside finds them, or is found by them.

Where the system does not allow namespaces (some containers; systems other than Linux) the command is not run, and the
exit code is 3. With RNNBOOK_OPEN_PORTS=1 it runs all the same, in the network that is there: right for a container that
nobody else reaches.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "RNNBOOK_OPEN_PORTS"
REQUIRED = os.environ.get("RNNBOOK_REQUIRE_NAMESPACES") == "1"  # a test that is skipped for want of them fails
EXIT_CODE = 3
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h


def enter():
    """Move this process, which must have one thread, into a network namespace with nothing but a loopback.

    Raises `OSError` if the system does not allow it.
    """
    if os.environ.get(VARIABLE) == "1":
        return
    try:
        _unshare()
        _loopback_up()
    except (OSError, AttributeError) as error:  # no `unshare` in the C library: not Linux
        raise OSError(
            f"no network namespace can be made here ({error}), and without one the workers would listen on every "
            f"address of this machine. In a container, allow it namespaces; if nobody else reaches this machine's "
            f"ports, set {VARIABLE}=1"
        ) from error


def _unshare():
    user, group = os.getuid(), os.getgid()
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    if user == 0 and unshare(CLONE_NEWNET) == 0:
        return
    # Others than root may do so in a user namespace, where they are root.
    if unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for file, line in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{file}", "w", encoding="ascii") as mapping:
            mapping.write(line)


def _loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(probe, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def main(arguments):
    if not arguments:
        print("usage: python -m tools.loopback COMMAND ...", file=sys.stderr)
        return 2
    try:
        enter()
    except OSError as error:
        print(error, file=sys.stderr)
        return EXIT_CODE
    os.execvp(arguments[0], arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
