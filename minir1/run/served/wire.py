"""One request to a server and its answer as JSON, or one line that says what is wrong.

Sent again, after a pause: what may be better next time. The server is down, slow or busy, or its
answer broke off. Not sent again: what it understood and refused (4xx).
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any

PAUSE_S = 2.0
"""Before the second try; twice as long before each further one."""
BUSY = 429
"""Too many requests."""


class ServerError(ConnectionError):
    """The server can't be used. All processes of the run stop alike; what is saved is good."""


class Refused(ServerError):
    """The server understood, and said no."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def ask(
    url: str,
    body: Any = None,
    *,
    timeout_s: int | float,
    tries: int = 1,
    pause_s: int | float | None = None,
) -> Any:
    """GET, or POST where there is a body. An answer without content is None."""
    pause_s = PAUSE_S if pause_s is None else pause_s
    why = ""
    for turn in range(tries):
        if turn:
            time.sleep(pause_s * 2 ** (turn - 1))
        try:
            return _once(url, body, timeout_s)
        except urllib.error.HTTPError as error:
            why = f"answers {error.code}: {_said(error)}"
            if error.code < 500 and error.code != BUSY:
                raise Refused(f"{url} {why}", error.code) from error
        except TimeoutError:
            why = f"gave no answer within {timeout_s:g} s (rollout.timeout_s)"
        except http.client.IncompleteRead:
            why = "broke off in the middle of its answer"
        except json.JSONDecodeError:
            why = "gave an answer that is no whole JSON"
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            why = f"can't be reached ({reason})"
            if isinstance(reason, TimeoutError):
                why = f"gave no answer within {timeout_s:g} s (rollout.timeout_s)"
    again = f" in {tries} tries" if tries > 1 else ""
    raise ServerError(f"{url} {why}{again}")


def _once(url: str, body: Any, timeout_s: int | float) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    # The server is the user's own: no proxy lies on the way to it, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=timeout_s) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def _said(error: urllib.error.HTTPError) -> str:
    """The first line of what the server said, out of the shapes that vLLM has for it."""
    try:
        text = error.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return str(error.reason)
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    for name in ("error", "message", "detail"):
        if isinstance(found, dict) and name in found:
            found = found[name]
    return " ".join(str(found).split())[:200] or str(error.reason)
