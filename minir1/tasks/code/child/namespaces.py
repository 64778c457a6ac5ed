"""Namespaces: a world with no other process, no network and no shared memory in it.

`unshare` gives this process new, empty namespaces; a process id namespace holds for children
only, so a fork follows. The parent of the two becomes the *keeper*, the child is process 1 of
its small world and goes on to the program:

    grader  ---- pipe ---->  keeper  (waits)
                               |
                               +--> process 1: the program. It can't see the keeper.

When process 1 dies, the kernel kills all that is left in its world. When the grader hangs up
(its end of the pipe closes, also by its own death), the keeper kills process 1.
"""

import ctypes
import os
import select
import signal

NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x08000000, 0x10000000, 0x20000000, 0x40000000


def enter(pipe: int) -> None:
    """Return in process 1 of new namespaces; the keeper stays inside until all is over."""
    libc = ctypes.CDLL(None, use_errno=True)
    world = NEW_IPC | NEW_PID | NEW_NET
    # Root may do it as it is. Anyone else needs a user namespace, in which they are root.
    if libc.unshare(world) and libc.unshare(world | NEW_USER):
        raise OSError(ctypes.get_errno(), "unshare")
    process = os.fork()
    if process:
        keep(process, pipe)
        os._exit(0)
    assert os.getpid() == 1
    give_up_capabilities(libc)


def keep(process: int, pipe: int) -> None:
    """Wait for the end of the process or of the grader, whichever is first; leave nothing."""
    waiting = select.poll()
    waiting.register(os.pidfd_open(process), select.POLLIN)
    waiting.register(pipe, 0)  # says POLLERR when the reader is gone
    waiting.poll()
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def give_up_capabilities(libc: ctypes.CDLL) -> None:
    """No longer root of the user namespace. Real root gives them up with its name, later."""
    if os.geteuid() == 0:
        return
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    none = (ctypes.c_uint32 * 6)()
    if libc.capset(header, none):
        raise OSError(ctypes.get_errno(), "capset")
