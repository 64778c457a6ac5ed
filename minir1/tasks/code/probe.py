"""The program that tries the doors: it runs in a child, like any other, and says what opened.

`levels` sends this file's text behind the walls. What a wall is worth is found out in this
way and not believed: a measure may be there and still close nothing on this host.
"""

import os
import socket


def open_doors(parent: int, private_file: str, folder: str, port: int) -> dict[str, bool]:
    """Try each door in a harmless way; True where it opened."""
    doors = {
        "read other people's files": lambda: open(private_file).close(),
        "make files": lambda: make_file(folder),
        "start processes": start_process,
        "signal other processes": lambda: os.kill(parent, 0),
        "read other processes": lambda: open(f"/proc/{parent}/environ").close(),
        "take two gigabytes": lambda: bytearray(2**31),
        "use the network": lambda: call(port),
    }
    return {name: opens(door) for name, door in doors.items()}


def opens(door) -> bool:
    """Whether one try goes through."""
    try:
        door()
    except (OSError, MemoryError):
        return False
    return True


def make_file(folder: str) -> None:
    """Make an empty file and take it away again."""
    path = os.path.join(folder, f"minir1-probe-{os.getpid()}-{os.urandom(4).hex()}")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    os.unlink(path)


def start_process() -> None:
    """Fork once."""
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitpid(process, 0)


def call(port: int) -> None:
    """Send a word to the grader's ear; whether it was heard is seen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"hello", ("127.0.0.1", port))
