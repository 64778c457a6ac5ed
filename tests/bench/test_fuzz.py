"""One percent of `make fuzz`: no exception escapes, every string has a verdict, and it resumes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from minir1.bench import fuzz, fuzz_programs, fuzz_texts
from minir1.run.progress import StopFlag
from minir1.tasks import Verdict
from minir1.tasks.verifiers import VERIFIERS


@pytest.mark.timeout(900)  # a busy machine is no fault
def test_one_percent(tmp_path):
    """In a process without the tests' own checks around each function, which make it slow."""
    words = ["--texts", "2000", "--programs", "200", "--seed", "1", "--out", str(tmp_path)]
    command = [sys.executable, "-m", "minir1.bench.fuzz", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, 1) and "broke" not in done.stderr, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "diary.jsonl").read_text().splitlines()]
    counts = dict.fromkeys([*fuzz_texts.GOLDS, "code"], 0)
    for row in rows:
        assert sum(row["verdicts"].values()) == row["count"]
        assert set(row["verdicts"]) <= set(Verdict)
        counts[row["verifier"]] += row["count"]
    assert counts == {**dict.fromkeys(fuzz_texts.GOLDS, 2000), "code": 200}


def test_strings_are_of_many_kinds_and_always_the_same():
    texts = [fuzz_texts.text(0, i) for i in range(600)]
    assert texts == [fuzz_texts.text(0, i) for i in range(600)]
    assert len(set(texts)) > 500
    together = "".join(texts)
    for piece in ("\\frac", "<answer>", "9^9^9^9", "\x00", "\u0663"):
        assert piece in together
    assert any("\ud800" <= c <= "\udfff" for c in together), "lone surrogates"
    programs = [fuzz_programs.program(0, i) for i in range(600)]
    assert programs == [fuzz_programs.program(0, i) for i in range(600)]
    assert any("os._exit" in one for one in programs) and any("\x00" in one for one in programs)


def test_a_stopped_run_goes_on_and_asks_nothing_twice(tmp_path, monkeypatch):
    asked = []

    def judge(gold, text):
        asked.append(text)
        return Verdict.WRONG

    monkeypatch.setattr(fuzz, "VERIFIERS", {"format": judge})
    part, diary = fuzz.Part("format", 3), tmp_path / "diary.jsonl"
    fuzz.fuzz(part, 500, diary)
    stop = StopFlag()
    stop.set()
    assert fuzz.summary(fuzz.fuzz(part, 1500, diary, stop))["strings"] == 500
    mine = fuzz.fuzz(part, 1500, diary)
    assert asked == [fuzz_texts.text(3, i) for i in range(1500)]
    assert fuzz.summary(mine)["verdicts"] == {"WRONG": 1500}


def test_an_exception_ends_the_run_and_names_its_string(tmp_path, monkeypatch, capsys):
    def judge(gold, text):
        if text == fuzz_texts.text(0, 7):
            raise KeyError("a bug")
        return Verdict.WRONG

    monkeypatch.setattr(fuzz, "VERIFIERS", {"format": judge})
    with pytest.raises(KeyError):
        fuzz.fuzz(fuzz.Part("format", 0), 20, tmp_path / "diary.jsonl")
    assert "string 7 of seed 0 broke format" in capsys.readouterr().err


def test_slow_verdicts_are_asked_for_again(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "VERIFIERS", {"format": lambda gold, text: Verdict.WRONG})
    monkeypatch.setattr(fuzz, "LIMIT_S", -1.0)
    found = fuzz.summary(fuzz.fuzz(fuzz.Part("format", 0), 10, Path(tmp_path / "d.jsonl")))
    assert (found["over_limit"], found["over_limit_once"]) == (10, 10)


def test_every_verifier_is_fuzzed():
    assert {*fuzz_texts.GOLDS, "code"} == set(VERIFIERS)
