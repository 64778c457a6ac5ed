"""A JupyterLab of its own for the browser tests, and a headless Chromium that opens its notebooks.

Skipped by name where playwright or a Chromium is missing. The server has a fresh configuration, a
root folder of its own and a token; it listens on the loopback, and is killed at the end.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
START_S, END_S = 180, 10
# No windows of news, and every cell of a notebook is drawn, seen or not.
SETTINGS = {
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}


@pytest.fixture(scope="session")
def chromium():
    """A headless browser."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium was found")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def room(tmp_path_factory):
    """The folder that the server shows."""
    return tmp_path_factory.mktemp("room")


@pytest.fixture(scope="session")
def server(chromium, room, tmp_path_factory):
    """The address of a JupyterLab on `room`, with its token."""
    settings, token = tmp_path_factory.mktemp("settings"), secrets.token_hex(16)
    for name, text in SETTINGS.items():
        file = settings / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {
        "JUPYTER_CONFIG_DIR": str(settings),
        "JUPYTER_DATA_DIR": str(settings / "data"),
        "JUPYTER_RUNTIME_DIR": str(settings / "runtime"),
        "MINIR1_WORK": str(room),
        "MINIR1_SCALE": "smoke",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    words = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    words += [f"--ServerApp.root_dir={room}", "--ServerApp.ip=127.0.0.1"]
    words += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    words += [f"--IdentityProvider.token={token}", "--AsyncKernelManager.transport=ipc"]
    words += ["--LabApp.expose_app_in_browser=True"]  # to change the theme by its command
    log = (settings / "log").open("wb")
    process = subprocess.Popen(
        words, env=env, stdout=log, stderr=log, start_new_session=True, cwd=room
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api?token={token}", process, settings / "log")
        yield address, token
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def wait_for(address, process, log):
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture
def page(chromium):
    """A fresh page, which must see no error in the browser's console."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(240_000)
    errors = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def shots(tmp_path_factory):
    """Take a picture of the page in both themes; MINIR1_SHOTS names a folder that keeps them.

    Some of them lie in tests/screenshots.
    """
    kept = os.environ.get("MINIR1_SHOTS", "")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page, name):
        for theme in ("Dark", "Light"):
            page.evaluate(
                "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
                f"JupyterLab {theme}",
            )
            light = str(theme == "Light").lower()
            page.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")
            time.sleep(1)
            path = folder / f"{name}-{theme.lower()}.png"
            page.screenshot(path=path)
            with Image.open(path) as taken:  # in few colours: small enough to be kept
                taken.convert("RGB").quantize(64).save(path, optimize=True)

    return take
