"""Every command with options that a lesson or an exercise names can be typed as it stands there."""

import re
from pathlib import Path

import pytest

from minir1.cli.main import main

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("notebooks/src/*.py"), *ROOT.glob("solutions/src/*.py")])
NAMED = re.compile(r"`minir1 ((?:run|zero|pretrain|pipeline) [^`]*--[^`]*)`")
COMMANDS = sorted({
    (source.stem, " ".join(command.replace("\n# ", " ").split()))
    for source in SOURCES
    for command in NAMED.findall(source.read_text("utf-8"))
})  # fmt: skip


@pytest.mark.parametrize(("lesson", "command"), COMMANDS)
def test_a_command_of_a_lesson_has_only_options_that_exist(lesson, command, capsys):
    """With an option that doesn't exist added to it, that one is all that is refused."""
    try:
        status = main([*command.split(), "--zero.bogus", "1"])
    except SystemExit as stop:
        status = stop.code
    assert status, f"{lesson}: minir1 {command}"
    said = capsys.readouterr().err
    if "`make real` does it" in said:
        pytest.skip("needs `make real`")
    assert "no option '--zero.bogus'" in said


def test_commands_are_found():
    assert len(COMMANDS) >= 2
