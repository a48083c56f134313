"""Takes from a script's process what drawing a figure does not need: the network, and writing outside its folder.

Linux does it in the kernel, for the process and all that it starts, and nothing gives it back: Landlock keeps
writing within the folder, a seccomp filter refuses every socket, memory and messages that outlive the process,
leaving the session, and limits for others, and of root's privileges only those stay that read the files of others.
No privilege is needed. Where the kernel lacks something, `confine` says so; `child.Dependencies` refuses in Python, on
every system, to open a file elsewhere for writing, and the sockets of the internet.

Threads that run already stay free: call it before there are any.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

SIZE_LIMIT = 256 * 2**20  # bytes of one file, so that a script that prints for ever does not fill the disk
DEVICES = ("/dev/null", "/dev/zero", "/dev/full")  # may be opened for writing by anyone

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x80000000
LOAD, EQUAL, AT_LEAST, MASK, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06  # of classic BPF, on words
MACHINES = {  # the audit's number for it, and the numbers of calls
    "x86_64": (0xC000003E, dict(socket=41, socketpair=53, setpgid=109, setsid=112, prlimit=302, capget=125)),
    "aarch64": (
        0xC00000B7,
        dict(socket=198, socketpair=199, setpgid=154, setsid=157, prlimit=261, capget=90),
    ),
}
SHARED = {  # memory, semaphores, messages and keys that have no place among files, and outlive who makes them
    "x86_64": dict(
        shmget=29, shmat=30, shmctl=31, semget=64, semop=65, semctl=66, semtimedop=220,
        msgget=68, msgsnd=69, msgrcv=70, msgctl=71, mq_open=240, mq_unlink=241,
        add_key=248, request_key=249, keyctl=250,
    ),
    "aarch64": dict(
        shmget=194, shmat=196, shmctl=195, semget=190, semop=193, semctl=191, semtimedop=192,
        msgget=186, msgsnd=189, msgrcv=188, msgctl=187, mq_open=180, mq_unlink=181,
        add_key=217, request_key=218, keyctl=219,
    ),
}  # fmt: skip
IO_URING_SETUP, X32 = 425, 0x40000000  # another way to a socket; another set of numbers on x86_64
CAPABILITIES = 0x20080522  # version of the interface
READ_ANYTHING = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what root reads may belong to others

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ABI_REQUEST, PATH_BENEATH = 1, 1
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
# by version of the interface: write, remove, make (of every kind); then link and rename across folders; then truncate
WRITES = {1: WRITE_FILE | sum(1 << bit for bit in range(4, 13)), 2: 1 << 13, 3: TRUNCATE}
SCOPES = 0b11  # since version 6: abstract sockets and signals reach no process outside


def end_with(parent: int) -> None:
    """Let the kernel end this process as soon as its parent is gone, however that ends; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it was faster
            os._exit(1)


def confine(folder: Path) -> list[str]:
    """Confine this process for good to writing in `folder`; what the system can't take away is returned in words."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]  # a user may have less, and nobody can raise it
    limit = SIZE_LIMIT if most == resource.RLIM_INFINITY else min(SIZE_LIMIT, most)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if sys.platform != "linux":
        return ["writing elsewhere", "the network"]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ["writing elsewhere", "the network"]
    left = []
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(ABI_REQUEST))
    if version < 1 or not keep_within(libc, folder, version):
        left.append("writing elsewhere")
    elif version < 3:
        left.append("emptying files elsewhere")
    if version < 6:
        left.append("signals to other processes")
    if platform.machine() in MACHINES:
        drop_privileges(libc)
    if platform.machine() not in MACHINES or not refuse_calls(libc):
        left.append("the network")
    return left


def keep_within(libc: ctypes.CDLL, folder: Path, version: int) -> bool:
    """Refuse to write outside `folder`, by Landlock of this version; whether it could be done."""
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


def drop_privileges(libc: ctypes.CDLL) -> None:
    """Give up what root may do, but for reading files of others; a plain user has nothing to give up."""
    capget = MACHINES[platform.machine()][1]["capget"]
    header = ctypes.create_string_buffer(struct.pack("=Ii", CAPABILITIES, 0))
    sets = ctypes.create_string_buffer(24)  # effective, permitted, inheritable; twice, the higher ones last
    if libc.syscall(capget, header, sets) == 0:
        permitted = struct.unpack("=6I", sets.raw[:24])[1] & READ_ANYTHING
        libc.syscall(capget + 1, header, struct.pack("=6I", permitted, permitted, 0, 0, 0, 0))  # capset


def refuse_calls(libc: ctypes.CDLL) -> bool:
    """Let calls that reach beyond this process fail with "permission denied", by seccomp; whether it could be done.

    These are: a socket, but for a pair that is joined for good; what else processes share that is no file; leaving the
    session, in which all that a script starts can be ended; a limit for another process.
    """
    machine, calls = MACHINES[platform.machine()]
    shared = SHARED[platform.machine()].values()
    refused = [calls["socket"], IO_URING_SETUP, calls["setsid"], calls["setpgid"], *shared]
    count = len(refused)
    program = [  # code, jump if true, jump if false, constant
        (LOAD, 0, 0, 4),  # the machine whose numbers the call uses
        (EQUAL, 1, 0, machine),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),  # the number of the call
        (AT_LEAST, count + 9, 0, X32),
        *((EQUAL, count + 8 - index, 0, number) for index, number in enumerate(refused)),
        (EQUAL, 2, 0, calls["socketpair"]),
        (EQUAL, 4, 0, calls["prlimit"]),
        (RETURN, 0, 0, ALLOW),
        (LOAD, 0, 0, 24),  # socketpair's second argument, without its flags
        (MASK, 0, 0, 0xF),
        (EQUAL, 2, 3, 1),  # a stream
        (LOAD, 0, 0, 16),  # prlimit's first argument
        (EQUAL, 0, 1, 0),  # this process
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    filtered = struct.pack("@HP", len(program), ctypes.addressof(instructions))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filtered, 0, 0) == 0)
