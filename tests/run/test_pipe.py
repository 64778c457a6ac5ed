"""A reader that leaves early, and pipes that break for another reason."""

import os
import shlex
import subprocess
import sys

import pytest

from minir1.run.pipe import reader_may_leave

ALL = "print('line\\n' * 100_000)"
LEFT = "from minir1.run.pipe import reader_may_leave\nwith reader_may_leave():\n    {}\n{}"


def piped(code: str, *options: str) -> subprocess.CompletedProcess:
    """What Python says of `code` whose reader takes one line and leaves."""
    line = shlex.join([sys.executable, *options, "-c", code]) + " | head -1"
    return subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True)


@pytest.mark.parametrize("options", [[], ["-u"]], ids=["buffered", "unbuffered"])
def test_what_a_reader_does_not_want_is_dropped(options):
    done = piped(LEFT.format(ALL, ""), *options)
    assert (done.returncode, done.stdout, done.stderr) == (0, "line\n", "")
    assert "BrokenPipeError" in piped(ALL, *options).stderr  # and without it


def test_the_exit_status_and_other_errors_stay():
    left = f"{ALL}; import sys; sys.exit(3)"
    assert piped(LEFT.format("import sys; sys.exit(3)", "")).returncode == 3
    failed = piped(LEFT.format(f"try: {ALL}\n    finally: 1 / 0", ""))
    assert failed.returncode == 1 and "ZeroDivisionError" in failed.stderr
    assert piped(LEFT.format(left, "")).returncode == 0  # it never came to its own end


@pytest.mark.parametrize(
    ("closed", "out", "err"),
    [(">&-", "", "1\n"), ("2>&-", "False\n", ""), (">&- 2>&-", "", "")],
)
def test_a_stream_that_was_never_open_takes_what_is_printed(closed, out, err):
    code = LEFT.format("import sys; print(1, file=sys.stderr); print(sys.stdout.isatty())", "")
    line = f"{shlex.join([sys.executable, '-c', code])} {closed}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, out, err)


def test_another_pipe_that_breaks_is_an_error(capfd):
    def write() -> None:
        reader, writer = os.pipe()
        os.close(reader)
        try:
            os.write(writer, b"x")
        finally:
            os.close(writer)

    with capfd.disabled(), pytest.raises(BrokenPipeError), reader_may_leave():
        write()


@pytest.mark.parametrize("words", ["minir1.bench --table", "minir1.launch --help"])
def test_commands_of_other_rooms(words):
    line = f"{shlex.quote(sys.executable)} -m {words} | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
