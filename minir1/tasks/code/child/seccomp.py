"""A seccomp filter: system calls that a program has no need for fail with "not permitted".

A filter is a tiny program for a machine inside the kernel (classic BPF), run at every system
call: load the call's number, compare, return a decision. Ours is a deny-list, 40 lines of
table and two jumps. It is no wall by itself: what it doesn't name is allowed. It closes what
Landlock leaves open: UDP and every other socket, other people's processes, changed modes and
times of files, objects that outlive a process, and the ways to more rights.
"""

import ctypes
import errno
import os
import struct

# System call -> (number on x86_64, number on aarch64); -1 where there is none.
DENIED = {
    # other processes, and more of them
    "fork": (57, -1), "vfork": (58, -1), "clone": (56, 220),
    "execve": (59, 221), "execveat": (322, 281),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272), "prlimit64": (302, 261),
    "setpriority": (141, 140), "sched_setaffinity": (203, 122), "prctl": (157, 167),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    # the network, and channels to others
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "listen": (50, 201), "io_uring_setup": (425, 425),
    # what outlives a process
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # the kernel's own doors
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "pivot_root": (155, 41), "chroot": (161, 51), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "seccomp": (317, 277),
    "open_by_handle_at": (304, 265), "personality": (135, 92),
    # files: what Landlock doesn't handle
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "flock": (73, 32), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
}  # fmt: skip
CLONE3 = 435

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER_MODE = 38, 22, 2


def enter() -> None:
    """Install the filter for this process; it can't be taken off again."""
    steps = filter_steps(os.uname().machine)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(SET_SECCOMP, FILTER_MODE, program):
        raise OSError(ctypes.get_errno(), "seccomp")


def filter_steps(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter as (operation, jump if true, jump if false, operand).

    Another architecture's calls have other numbers, so they are killed; so are the calls of
    x86_64's old sister x32, whose numbers start at 2**30.
    """
    column = list(AUDIT_ARCH).index(machine)
    steps = [
        (LOAD, 0, 0, 4),
        (JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),
        (JUMP_AT_LEAST, 0, 1, 2**30),
        (RETURN, 0, 0, KILL),
    ]
    # glibc asks for clone3 first and takes "no such call" as a hint to use clone.
    answers = {CLONE3: errno.ENOSYS}
    answers |= {pair[column]: errno.EPERM for pair in DENIED.values() if pair[column] >= 0}
    for number, answer in answers.items():
        steps += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, FAIL | answer)]
    return [*steps, (RETURN, 0, 0, ALLOW)]
