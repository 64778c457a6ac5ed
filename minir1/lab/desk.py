"""What a learner calls in an exercise notebook: check, hint, peek, solution, progress.

    check(f)       grade the answer on fresh inputs, and write the points on the board
    hint(f)        open the next of three hints
    peek(f, ...)   call the answer on inputs of your own, beside the package's function
    solution(f)    ask first, then show one way to write it
    progress()     the board

None of them ever stops a notebook: an answer that is not done, crashes or hangs is a result, and
the next cell runs. The answer itself runs in a process of its own (`minir1/lab/grader/`).
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

from minir1.lab import board
from minir1.lab.course import solution_of, work_folder, wrong_solutions
from minir1.lab.exercises import get
from minir1.lab.grader.answer import Answer, find
from minir1.lab.grader.call import call
from minir1.lab.grader.exercise import Case, Exercise
from minir1.lab.grader.grade import STATIC, crash, grade, run
from minir1.lab.grader.told import Told
from minir1.lab.grader.worker import the_worker
from minir1.lab.picture import Note, Table
from minir1.lab.words import Words

DEPTHS = 3
YES = "yes"


def check(function: Callable[..., Any], language: str = "") -> Told:
    """Grade an answer and note its points on the board."""
    exercise, words = get(function.__name__), Words(language)
    answer = answer_of(function, "check", words)
    outcome = grade(exercise, answer, the_worker(), wrong=wrong_solutions(exercise))
    board.note(work_folder(), outcome)
    return Told(outcome, exercise, words)


def hint(function: Callable[..., Any], depth: int = 0, language: str = "") -> Note:
    """Open the next hint, or the one of a given depth: 1 a nudge, 2 a plan, 3 nearly code."""
    exercise, words = get(function.__name__), Words(language)
    texts = words.get(f"exercise.{exercise.id}.hints")
    opened = board.read(work_folder()).get(exercise.id, board.EMPTY)["hints"]
    if depth not in range(DEPTHS + 1):
        raise ValueError(f"depth = {depth} can't be used: use 1, 2 or 3, or leave it out")
    depth = depth or min(opened + 1, DEPTHS)
    board.change(work_folder(), exercise.id, hints=max(opened, depth))
    text = f"**{words.say('desk.hint', depth=depth, depths=DEPTHS)}.** {texts[depth - 1]}"
    if depth == DEPTHS:
        text += "\n\n" + words.say("desk.no_more_hints", name=exercise.id)
    return Note(text)


def peek(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Table:
    """What the answer makes of inputs of your own, beside what the package makes of them."""
    exercise, words = get(function.__name__), Words()
    answer = answer_of(function, "peek", words)
    case = Case(args, kwargs)
    rows = []
    if exercise.of is not None:
        rows.append((words.say("desk.peek_expected"), call(exercise.of, case)["value"]))
    rows.append((words.say("desk.peek_yours"), seen(exercise, answer, case, words)))
    return Table(("", exercise.id), [(name, f"`{value}`") for name, value in rows])


def seen(exercise: Exercise, answer: Answer, case: Case, words: Words) -> object:
    """The value of an answer, or why it has none."""
    if answer.state != "ready":
        return words.say(f"status.{STATIC[answer.state][0]}")
    reply = run(exercise, [answer.text], [case], the_worker())
    last = next((r for r in reply.records if "ready" not in r and "done" not in r), None)
    if last is not None and isinstance(last.get("answer"), dict):
        return last["answer"].get("value")
    status, error = crash(last, reply.ended)
    told = f"{error['type']}: {error['message']}" if "message" in error else ""
    return f"{words.say(f'status.{status}')}. {told}".strip(". ")


def solution(function: Callable[..., Any], sure: str = "", language: str = "") -> Note:
    """One way to write it, for who says "yes"."""
    exercise, words = get(function.__name__), Words(language)
    entry = board.EMPTY | board.read(work_folder()).get(exercise.id, {})
    solved = entry["points"] == exercise.max_points
    if sure != YES and not solved:
        values = {"points": entry["points"], "max_points": exercise.max_points}
        values |= {"hints": entry["hints"], "depths": DEPTHS, "name": exercise.id}
        return Note(words.say("desk.ask", **values))
    text = solution_of(exercise)
    if not text:
        return Note(words.say("desk.no_solutions"))
    if not solved:
        board.change(work_folder(), exercise.id, solution_seen=True)
    path = f"solutions/src/{exercise.notebook}.py"
    return Note(f"{words.say('desk.solution', path=path)}\n\n```python\n{text}```")


def progress(notebook: str = "", language: str = "") -> board.Board:
    """The board of one notebook, or of the whole course. Wakes the grader, without waiting."""
    the_worker().warm()
    return board.Board(work_folder(), notebook, Words(language))


def answer_of(function: Callable[..., Any], caller: str, words: Words) -> Answer:
    """The text of the cell that defined a function, as IPython keeps it."""
    lines = linecache.getlines(function.__code__.co_filename)
    answer = find(["".join(lines)], function.__name__)
    if answer.state == "missing":
        raise ValueError(words.say("desk.no_source", call=caller, name=function.__name__))
    return answer
