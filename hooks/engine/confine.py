"""Takes from a script's process what drawing a figure does not need: the network, and writing outside its folder.

Linux does it in the kernel, for the process and all that it starts, and nothing gives it back: Landlock keeps
writing within the folder, a seccomp filter refuses every socket. No privilege is needed. Where the kernel lacks one
of them, `confine` says so; `child.Dependencies` refuses the same in Python, on every system.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from pathlib import Path

SIZE_LIMIT = 256 * 2**20  # bytes of one file, so that a script that prints for ever does not fill the disk
DEVICES = ("/dev/null", "/dev/zero", "/dev/full")  # may be opened for writing by anyone

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x80000000
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of classic BPF: on words, compared with a constant
MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # audit number, socket's number
IO_URING_SETUP, X32 = 425, 0x40000000  # another way to a socket; another set of numbers on x86_64

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ABI_REQUEST, PATH_BENEATH = 1, 1
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
# by version of the interface: write, remove, make (of every kind); then link and rename across folders; then truncate
WRITES = {1: WRITE_FILE | sum(1 << bit for bit in range(4, 13)), 2: 1 << 13, 3: TRUNCATE}
SCOPES = 0b11  # since version 6: abstract sockets and signals reach no process outside


def confine(folder: Path) -> list[str]:
    """Confine this process for good to writing in `folder`; what the system can't take away is returned in words."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE_LIMIT, SIZE_LIMIT))
    if sys.platform != "linux":
        return ["writing elsewhere", "the network"]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ["writing elsewhere", "the network"]
    left = []
    if not keep_within(libc, folder):
        left.append("writing elsewhere")
    if not refuse_sockets(libc):
        left.append("the network")
    return left


def keep_within(libc: ctypes.CDLL, folder: Path) -> bool:
    """Refuse to write outside `folder`, by Landlock; whether it could be done."""
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(ABI_REQUEST))
    if version < 1:
        return False
    handled = sum(rights for since, rights in WRITES.items() if since <= version)
    attributes = struct.pack("=QQQ", handled, 0, SCOPES if version >= 6 else 0)
    size = ctypes.c_size_t(24 if version >= 6 else 8)
    rules = libc.syscall(CREATE_RULESET, attributes, size, ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        allowed = [(str(folder), handled), *((path, handled & (WRITE_FILE | TRUNCATE)) for path in DEVICES)]
        for path, rights in allowed:
            if not os.path.exists(path):
                continue
            target = os.open(path, os.O_PATH)
            rule = struct.pack("=Qi", rights, target)
            done = libc.syscall(ADD_RULE, rules, PATH_BENEATH, rule, ctypes.c_uint32(0))
            os.close(target)
            if done != 0:
                return False
        return bool(libc.syscall(RESTRICT_SELF, rules, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)


def refuse_sockets(libc: ctypes.CDLL) -> bool:
    """Let every call for a socket fail with "permission denied", by seccomp; whether it could be done."""
    if platform.machine() not in MACHINES:
        return False
    machine, socket = MACHINES[platform.machine()]
    program = [  # code, jump if true, jump if false, constant
        (LOAD, 0, 0, 4),  # the machine whose numbers the call uses
        (EQUAL, 1, 0, machine),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),  # the number of the call
        (EQUAL, 3, 0, socket),
        (EQUAL, 2, 0, IO_URING_SETUP),
        (AT_LEAST, 1, 0, X32),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    filtered = struct.pack("@HP", len(program), ctypes.addressof(instructions))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filtered, 0, 0) == 0)
