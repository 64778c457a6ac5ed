"""A learner's own functions in a real run."""

import pytest
import torch

from minir1.lab.course import solution_of
from minir1.lab.exercises import get
from minir1.lab.swap import keep, read_answers, swapped

MARK = "import torch\n\ndef group_advantages(rewards, kind='grpo'):\n    return rewards * 0 + 7\n"


def test_a_function_is_swapped_everywhere_and_put_back(tmp_path):
    from minir1.rl import advantage, step

    ours = advantage.group_advantages
    keep({"group_advantages": MARK}, tmp_path)
    with swapped(tmp_path) as names:
        assert names == ["group_advantages"]
        assert step.group_advantages is advantage.group_advantages is not ours
        assert step.group_advantages(torch.zeros(1, 2)).tolist() == [[7.0, 7.0]]
        assert get("group_advantages").of is ours, "the grader keeps the package's own"
    assert step.group_advantages is advantage.group_advantages is ours
    with pytest.raises(ZeroDivisionError), swapped(tmp_path):
        raise ZeroDivisionError
    assert step.group_advantages is ours


def test_a_method_is_swapped_on_its_class(tmp_path):
    from minir1.model.router import Router

    ours = Router.choose
    keep({"choose": solution_of(get("choose"))}, tmp_path)
    with swapped(tmp_path):
        assert Router.choose is not ours
    assert Router.choose is ours


def test_finished_answers_are_read_and_others_left(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        f"{MARK}\n# %%\ndef k3(a, b, c):\n    ...\n\n# %%\ndef cheat(v, gold):\n    return ''\n"
    )
    assert list(read_answers(file)) == ["group_advantages"]
    file.write_text("def k3(a, b, c):\n    ...\n")
    with pytest.raises(ValueError, match="no finished answer"):
        read_answers(file)
    file.write_text("def k3(a, b, c):\n    return (\n")
    with pytest.raises(ValueError, match="k3 is no Python"):
        read_answers(file)
    with pytest.raises(ValueError, match="is no file"):
        read_answers(tmp_path / "nowhere.ipynb")


def test_a_run_belongs_to_one_set_of_answers(tmp_path):
    keep({"group_advantages": MARK}, tmp_path)
    keep({"group_advantages": MARK}, tmp_path)
    for other in ({"group_advantages": MARK + "\n"}, {}):
        with pytest.raises(ValueError, match="trained with other answers"):
            keep(other, tmp_path)
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "metrics.jsonl").write_text("")
    with pytest.raises(ValueError, match="the package's own functions"):
        keep({"group_advantages": MARK}, begun)


def test_answers_that_no_run_can_use_leave_no_folder_behind(tmp_path, capsys, monkeypatch):
    """The mended file has another name, and the folder would be refused to it."""
    from minir1.cli.main import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.py").write_text("")
    assert main(["run", "smoke", "--with", "empty.py", "--out", "mine"]) == 2
    said = capsys.readouterr().err
    assert "holds no finished answer" in said and "which defines draw and verify" in said
    assert not (tmp_path / "mine").exists()
    assert [*tmp_path.iterdir()] == [tmp_path / "empty.py"]


def test_a_file_of_any_name_names_the_run(tmp_path, monkeypatch):
    from minir1 import recipes
    from minir1.cli import run

    names = []
    monkeypatch.setattr(run, "train", lambda config, *_: names.append(config.name) or 0)
    (tmp_path / "no 7.py").write_text(MARK)
    run.main(recipes.get("smoke"), answers=tmp_path / "no 7.py")
    assert names == ["smoke-with-no-7"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_trains_with_the_learners_functions(tmp_path, capsys, monkeypatch):
    """A sign turned in the learner's advantages changes the weights; the solutions don't hurt."""
    from minir1.cli.main import main

    monkeypatch.chdir(tmp_path)
    source = tmp_path / "07_mine.py"
    source.write_text(MARK)
    assert main(["run", "smoke", "--threads", "1", "--with", str(source)]) == 0
    assert "with your own group_advantages" in capsys.readouterr().err
    run = tmp_path / "runs" / "smoke-with-07_mine"
    assert (run / "with" / "group_advantages.py").read_text() == MARK
    assert main(["run", "smoke", "--threads", "1", "--name", "smoke-with-07_mine"]) == 2
    assert "trained with other answers" in capsys.readouterr().err
