"""The lab in a real browser: a lesson runs, a run is watched and stopped, an exercise is solved.

`make nightly` runs these. They need playwright and a Chromium (conftest.py).
"""

import json
import re
import time
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from minir1.lab.course import solution_of
from minir1.lab.exercises import get
from minir1.run.claim import worker

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.timeout(1500)]
ROOT = Path(__file__).parents[2]
LESSON, EXERCISE = "07_advantages_and_losses", "group_advantages"
LONG_MS = 600_000
SETTLE_S = 3  # JupyterLab drops what is pressed before it has settled

WATCH = """
from dataclasses import replace
from minir1 import recipes
from minir1.lab.dashboard import dashboard
smoke = recipes.get("smoke")
zero = replace(smoke.zero, steps=300, save_every=50, group_size=8)
watched = replace(smoke, name="watched", threads=1, zero=zero, eval=replace(smoke.eval, every=0))
dashboard(watched, out="watched")
"""

# The published run, and groups as its base and its policy write them.
FINISHED = """
import shutil
from dataclasses import replace
from pathlib import Path
from minir1.lab.dashboard import dashboard
from minir1.lab.published import load
from minir1.rl.groups import sample_groups
from minir1.run.home import published
from minir1.run.rollouts import RolloutLog

done = load("laptop")
folder = Path(shutil.copytree(published("laptop"), "laptop"))
log = RolloutLog(folder, "zero", done.config.zero, done.tokenizer, done.config.model)
few = replace(done.config.zero, questions_per_step=4)
for step, model in ((1, done.base), (80, done.policy)):
    problems = done.task.problems("train", step)
    groups, _ = sample_groups(model, done.tokenizer, done.task, problems, few, seed=0, step=step)
    log.write(step, groups)
dashboard(folder)
"""
BROWSE = """
import torch
from minir1.lab.browser import Browser
from minir1.rl.advantage import group_advantages

group = next(one for one in groups if not one.dead)
advantages = group_advantages(torch.tensor([group.totals]), few.advantage)[0].tolist()
Browser(group, advantages, done.tokenizer, done.policy).browse()
"""
ROUTE = """
from minir1.lab.experts import route_map, routes
from minir1.lab.explore import explore

ids = [*group.rollouts[0].prompt_ids, *group.rollouts[0].completion_ids][:60]
words = [done.tokenizer.decode([one]) for one in ids]
routing = routes(done.policy, ids)
explore(lambda layer: route_map(words, routing, layer), layer=[2, 1, 3])
"""


def open_notebook(page, server, name):
    """Open a notebook, and wait until its kernel listens."""
    address, token = server
    page.goto(f"{address}/lab/tree/{name}?reset&token={token}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    idle(page)
    time.sleep(SETTLE_S)


def idle(page):
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for(
        state="attached", timeout=LONG_MS
    )


def until(page, wanted):
    """Wait for something on the page; a cell that fails ends the wait."""
    end = time.monotonic() + LONG_MS / 1000
    while not (wanted.count() and wanted.first.is_visible()):
        failed = page.locator("[data-mime-type='application/vnd.jupyter.error']")
        assert not failed.count(), failed.first.inner_text()[-2000:]
        assert time.monotonic() < end, f"{wanted} never came"
        time.sleep(0.3)


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def all_ran(page):
    """Wait until every cell has its number."""
    prompts = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
    numbers = f"{prompts}.length > 2 && {prompts}.every(one => /\\[\\d+\\]/.test(one.innerText))"
    page.wait_for_function(numbers, timeout=LONG_MS)


def button(page, name):
    """A button of the dashboard."""
    return page.locator("button.jupyter-button", has_text=name)


def write(room, name, cells):
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, room / name)


def outputs(room, name):
    """The bundles that the saved file keeps."""
    cells = json.loads((room / name).read_text())["cells"]
    return [out.get("data", {}) for cell in cells for out in cell.get("outputs", [])]


def test_a_run_is_watched_stopped_and_stays(page, server, room, shots, chromium):
    write(room, "watch.ipynb", [v4.new_code_cell(WATCH.strip())])
    open_notebook(page, server, "watch.ipynb")
    run_all(page)
    head = page.locator(".minir1 h3 + p")
    until(page, head.get_by_text("Not started."))
    button(page, "Start").click()
    until(page, head.get_by_text(re.compile("Running: zero, step")))
    before = head.inner_text()
    page.wait_for_function(f"document.querySelector('.minir1 h3 + p').innerText != {before!r}")
    page.wait_for_function("document.querySelectorAll('.minir1 .charts svg').length > 8")
    assert worker(room / "watched") is not None
    shots(page, "curves")
    # By keyboard: the arrow keys go from tab to tab, and turn a slider.
    page.get_by_role("tab", name="Curves").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".minir1 .group section").first.wait_for()
    assert page.locator(".minir1 .t").count() > 20
    shots(page, "rollouts")
    page.get_by_role("tab", name="Experts").click()
    page.locator(".minir1 .routes > div").first.wait_for()
    shots(page, "experts")
    page.get_by_role("tab", name="Doctor").click()
    shots(page, "doctor")
    page.get_by_role("tab", name="Curves").click()
    button(page, "Stop").focus()
    page.keyboard.press("Enter")
    head.get_by_text(re.compile("Stopped: zero, step")).wait_for(timeout=LONG_MS)
    assert worker(room / "watched") is None
    stopped = head.inner_text()
    time.sleep(2)
    page.keyboard.press("Control+s")
    time.sleep(2)
    page.reload()
    page.locator(".minir1 h3 + p").get_by_text(stopped).wait_for()
    assert page.locator(".minir1 .charts svg").count() > 8
    still = page.locator(".jp-OutputArea-output img")
    assert not still.first.is_visible()  # the live page stands in its place
    shots(page, "stopped")
    # A copy has a kernel of its own, in which no widget lives: the still picture is what is seen.
    # ipywidgets logs an error about its lost widget, so this page is one that nobody listens to.
    (room / "copy.ipynb").write_bytes((room / "watch.ipynb").read_bytes())
    elsewhere = chromium.new_page(viewport=page.viewport_size)
    elsewhere.set_default_timeout(240_000)
    open_notebook(elsewhere, server, "copy.ipynb")
    elsewhere.locator(".jp-OutputArea-output img").first.wait_for()
    shots(elsewhere, "still")
    elsewhere.close()
    kept = outputs(room, "watch.ipynb")
    (picture,) = [one for one in kept if "image/png" in one]
    assert "RL steps" in "".join(picture["text/plain"])
    assert any("Stopped: zero" in "".join(one.get("text/markdown", "")) for one in kept)


def test_a_finished_run_and_the_explorers(page, server, room, shots):
    cells = [v4.new_code_cell(text.strip()) for text in (FINISHED, BROWSE, ROUTE)]
    write(room, "views.ipynb", cells)
    open_notebook(page, server, "views.ipynb")
    run_all(page)
    head = page.locator(".minir1 h3 + p")
    until(page, head.get_by_text("Stopped: zero, step 80 of 80"))
    idle(page)
    page.locator(".widget-box").first.scroll_into_view_if_needed()
    head.evaluate("one => one.scrollIntoView()")
    shots(page, "finished")
    page.get_by_role("tab", name="Rollouts").click()
    page.locator(".minir1 .group .up").first.wait_for()
    shots(page, "group-advantage")
    button(page, "surprise").click()
    page.locator(".minir1 .group .odd").first.wait_for()
    shots(page, "group-surprise")
    page.get_by_role("tab", name="Experts").click()
    shots(page, "routes")
    page.get_by_role("tab", name="Doctor").click()
    page.get_by_text("Nothing found", exact=True).wait_for()
    # The explorers, by keyboard: an arrow key turns a slider, and the picture follows.
    for number, name in ((1, "browse"), (2, "route")):
        box = page.locator(".jp-CodeCell").nth(number)
        slider = box.locator(".widget-hslider").first
        until(page, box.locator("img"))
        before = box.locator("img").first.get_attribute("src")
        slider.locator("[role=slider]").focus()
        page.keyboard.press("ArrowRight")
        end = time.monotonic() + 120
        while box.locator("img").first.get_attribute("src") == before:
            assert time.monotonic() < end, f"{name}: the picture did not follow its slider"
            time.sleep(0.2)
        box.locator("img").first.scroll_into_view_if_needed()
        shots(page, name)


def test_an_exercise_is_solved_and_its_points_are_on_the_board(page, server, room, shots):
    exercise = get(EXERCISE)
    name = f"{exercise.notebook}.ipynb"
    (room / name).write_bytes((ROOT / "exercises" / name).read_bytes())
    open_notebook(page, server, name)
    cell = page.locator(".jp-CodeCell", has_text=f"def {EXERCISE}(").first
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(solution_of(exercise).rstrip())
    run_all(page)
    all_ran(page)
    board = page.locator(".jp-RenderedMarkdown", has_text="Your progress").last
    row = [cell.strip() for cell in board.locator("tr").nth(1).inner_text().split("\t")]
    assert row[:2] == [EXERCISE, f"{exercise.max_points}/{exercise.max_points}"]
    assert row[-1] == "right"
    board.scroll_into_view_if_needed()
    shots(page, "board")


def test_a_lesson_runs_without_an_error(page, server, room, shots):
    name = f"lesson_{LESSON}.ipynb"
    (room / name).write_bytes((ROOT / "notebooks" / f"{LESSON}.ipynb").read_bytes())
    open_notebook(page, server, name)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Restart Kernel and Run All Cells").click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    time.sleep(SETTLE_S)
    all_ran(page)
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.locator(".jp-OutputArea-output img").count() > 3
