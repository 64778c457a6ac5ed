"""The pool of killable workers: late, dead and noisy ones, from many threads."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from minir1.tasks.pool import Budget, Late, Pool


def start():
    """The target of these tests, run in a worker: does what the request says."""

    def handle(request):
        match request:
            case ["sleep", seconds]:
                time.sleep(seconds)
            case ["spin"]:
                while True:
                    pass
            case ["die"]:
                os._exit(1)
            case ["print"]:
                print('"not a reply"', flush=True)
            case ["raise"]:
                raise RuntimeError("a bug in a handler")
            case ["memory"]:
                return len(bytearray(2**31))
            case ["flood"]:
                return "x" * 10**6
            case ["pid"]:
                return os.getpid()
        return request

    return handle


@pytest.fixture(scope="module")
def pool():
    # The worker finds this file by its folder, as it finds every module.
    with Pool(f"{__name__.rpartition('.')[2]}:start", size=2) as pool:
        yield pool


@pytest.fixture(autouse=True, scope="module")
def importable():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(os.path.dirname(__file__))
        yield


def test_requests_and_replies_are_json(pool):
    for request in (1, "a\nb", [1, [2, None]], {"x": 0.5}):
        assert pool.call(request) == request


def test_what_a_handler_prints_is_no_reply(pool):
    assert pool.call(["print"]) == ["print"]


@pytest.mark.parametrize(
    "request_", [["sleep", 60], ["spin"], ["die"], ["raise"], ["memory"], ["flood"]]
)
def test_a_bad_request_costs_its_own_time_and_no_more(pool, request_):
    pool.call(0)
    with pytest.raises(Late):
        pool.call(request_)
    assert pool.call("next") == "next"


def test_requests_may_share_their_time(pool):
    budget = Budget(1.0)
    pool.call(["sleep", 0.4], budget)
    assert budget.left_s <= 0.6
    with pytest.raises(Late):
        pool.call(["sleep", 0.8], budget)


def test_a_late_worker_is_gone(pool):
    pid = pool.call(["pid"])
    with pytest.raises(Late):
        pool.call(["spin"])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_workers_killed_at_random_lose_no_request(pool):
    done = threading.Event()

    def kill():
        while not done.wait(0.3):
            os.kill(pool.call(["pid"]), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(4) as threads:
            got = list(threads.map(pool.call, range(200)))
    finally:
        done.set()
        killer.join()
    assert got == list(range(200))


def test_threads_share_the_workers(pool):
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(pool.call, range(50))) == list(range(50))


def test_closing_ends_the_workers():
    with Pool(f"{__name__.rpartition('.')[2]}:start", size=1) as pool:
        pid = pool.call(["pid"])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
