"""What `minir1 export` refuses before it reads a model."""

import pytest

from minir1.cli.main import main


@pytest.mark.parametrize(
    "words",
    [("--gguf", "q8_0"), ("--problems", "4"), ("--checkpoint", "best/zero-000040")],
)
def test_a_bundle_refuses_what_is_said_of_a_model(words, tmp_path, capsys):
    assert main(["export", "laptop", str(tmp_path / "out"), "--bundle", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, list(tmp_path.iterdir())) == ("", []) and err.count("\n") == 1
    assert f"{words[0]} can't be used with --bundle" in err and "leave it out" in err
