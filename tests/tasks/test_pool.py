"""The pool of killable workers: late, dead and noisy ones, from many threads."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minir1.tasks import Verdict
from minir1.tasks.pool import STARTS, Budget, Died, Late, Pool
from minir1.tasks.worker import LIMIT_S, Worker

needs_a_limit = pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS takes no limit on memory"
)


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
            case ["die once", mark] if not os.path.exists(mark):
                open(mark, "x").close()
                os._exit(1)
            case ["print"]:
                print('"not a reply"', flush=True)
            case ["raise"]:
                raise RuntimeError("a bug in a handler")
            case ["memory"]:
                return len(bytearray(2**31))
            case ["flood"]:
                return "x" * 10**6
            case ["killed"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["noise"]:
                os.write(2, b"noise\n" * 10**5)
                raise ValueError("after a lot of noise")
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
    "request_",
    [
        *(["sleep", 60], ["spin"], ["die"], ["raise"], ["flood"]),
        pytest.param(["memory"], marks=needs_a_limit),
    ],
)
def test_a_bad_request_costs_its_own_time_and_no_more(pool, request_):
    pool.call(0)
    with pytest.raises(Late):
        pool.call(request_)
    assert pool.call("next") == "next"


def test_requests_may_share_their_time(pool):
    budget = Budget(60.0)  # more than a busy machine may lose on the first
    pool.call(["sleep", 0.4], budget)
    assert budget.left_s <= 59.6
    budget.left_s -= 59.0  # 0.6 s at most are left, and so it is late on any machine
    with pytest.raises(Late):
        pool.call(["sleep", 0.8], budget)


def test_a_late_worker_is_gone(pool):
    pid = pool.call(["pid"])
    with pytest.raises(Late):
        pool.call(["spin"])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_killed_while_it_waits_loses_no_request(pool):
    for number in range(3):
        os.kill(pool.call(["pid"]), signal.SIGKILL)
        assert pool.call(number) == number


def test_a_worker_that_dies_at_a_request_is_followed_by_another(pool, tmp_path):
    request = ["die once", str(tmp_path / "died")]
    assert pool.call(request) == request


def test_threads_share_the_workers(pool):
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(pool.call, range(50))) == list(range(50))


def test_closing_ends_the_workers():
    with Pool(f"{__name__.rpartition('.')[2]}:start", size=1) as pool:
        pid = pool.call(["pid"])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_serves_so_often_and_then_a_fresh_one_takes_over(monkeypatch):
    """What a library keeps of each request must not fill the memory of a long run."""
    monkeypatch.setattr("minir1.tasks.pool.RENEW", 3)
    with Pool(f"{__name__.rpartition('.')[2]}:start", size=1) as pool:
        old, fresh = ([pool.call(["pid"]) for _ in range(3)] for _ in range(2))
        assert len(set(old)) == len(set(fresh)) == 1 and old != fresh
        with pytest.raises(ProcessLookupError):
            os.kill(old[0], 0)


@pytest.mark.parametrize(
    ("request_", "last"),
    [
        (["die"], "exit status 1"),
        (["raise"], "RuntimeError: a bug in a handler"),
        pytest.param(["memory"], "MemoryError", marks=needs_a_limit),
        (["killed"], f"signal {signal.SIGKILL.value}"),
        (["noise"], "ValueError: after a lot of noise"),
    ],
)
def test_a_death_is_told_from_a_delay_and_logged_with_its_last_words(pool, request_, last, caplog):
    with pytest.raises(Died, match=re.escape(f"a worker died: {last}")) as caught:
        pool.call(request_)
    assert caught.value.last == last
    assert caught.value.out_of_memory is (last == "MemoryError")
    assert f"two workers died on one request: {last}" in caplog.text
    assert pool.call("next") == "next"


def test_a_delay_is_no_death(pool, caplog):
    with pytest.raises(Late) as caught:
        pool.call(["sleep", 60], Budget(0.2))
    assert not isinstance(caught.value, Died)
    assert caplog.text == ""


@pytest.fixture
def made(monkeypatch):
    """Every worker of a pool, in the order in which they were made."""
    workers = []

    class Seen(Worker):
        def __init__(self, target):
            super().__init__(target)
            workers.append(self)

    monkeypatch.setattr("minir1.tasks.pool.Worker", Seen)
    return workers


def test_killed_workers_lose_no_verdict_and_give_none_twice(made):
    """Every sample gets its own verdict, once, while any worker may be killed, idle or at work."""
    answered, rng = Counter(), random.Random(0)

    def judge(sample: int) -> None:
        assert two.call([sample, sample**2]) == [sample, sample**2]
        answered[sample] += 1
        if sample % 25 == 0:  # by work done, not by the clock: a slow machine kills no more often
            ready = [one for one in made if one.ready and one.process.poll() is None]
            rng.choice([*ready, made[0]]).process.kill()  # a dead one can't die again

    with Pool(f"{__name__.rpartition('.')[2]}:start") as two, ThreadPoolExecutor(4) as threads:
        list(threads.map(judge, range(400)))
    assert answered == Counter(range(400))
    assert len(made) > 5


def test_a_worker_that_dies_before_it_is_asked_costs_a_request_nothing(made, monkeypatch):
    take = Pool._take

    def unlucky(pool):
        worker = take(pool)
        if len(made) < STARTS:
            worker.process.kill()
        return worker

    monkeypatch.setattr(Pool, "_take", unlucky)
    with Pool(f"{__name__.rpartition('.')[2]}:start", size=1) as one:
        assert one.call("asked") == "asked"
    assert len(made) == STARTS


def test_a_handler_that_cannot_be_made_ends_the_request(made, caplog):
    with Pool("minir1.tasks:absent", size=1) as one, pytest.raises(Died, match="absent"):
        one.call(0)
    assert len(made) == STARTS
    assert "minir1.tasks:absent: its workers don't live: AttributeError" in caplog.text


def lose(pool, request) -> None:
    with pytest.raises(Late):
        pool.call(request)


def test_a_hang_delays_the_others_by_its_limit_at_most(pool):
    """With all workers but one hanging, the rest of the requests still get through."""
    pool.call(0)
    with ThreadPoolExecutor(2) as threads:
        hang = threads.submit(lose, pool, ["spin"])
        start = time.monotonic()
        others = [pool.call(n) for n in range(20)]
        assert not hang.done() or time.monotonic() - start >= LIMIT_S
        assert others == list(range(20))


def test_two_hangs_at_once_cost_each_other_request_no_more_than_one_limit(pool):
    """Even when every worker hangs: the next is asked after LIMIT_S, by budgets and not waits."""
    budgets = [Budget() for _ in range(6)]

    def ask(k: int) -> object:
        try:
            return pool.call(["spin"] if k < 2 else k, budgets[k])
        except Late:
            return "late"

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(ask, range(6))) == ["late", "late", 2, 3, 4, 5]
    assert all(budget.left_s > 0 for budget in budgets[2:])


def test_processes_that_were_forked_have_pools_of_their_own():
    """Several trainers at once, forked after the parent's pool had started."""
    program = """
import os, sys
from minir1.tasks.maths import verify_maths
from minir1.tasks.maths.verify import workers
def judge():
    pairs = [("3", "CORRECT"), ("2", "WRONG")] * 4
    answers = [f"<answer> {n} \\\\ln 2 </answer>" for n, _ in pairs]
    assert [verify_maths(r"\\ln 8", a).value for a in answers] == [v for _, v in pairs]
judge()
pids = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        judge()
        workers().close()
        os._exit(0)
    pids.append(pid)
judge()
assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0, 0]
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_what_a_dead_worker_means_for_an_answer(monkeypatch):
    """Out of memory is an answer that is too large; any other death is no judgement."""
    from minir1.tasks.maths import verify

    for error, verdict in [
        (Died("MemoryError"), Verdict.TOO_LARGE),
        (Died("RuntimeError: a bug"), Verdict.TIMEOUT),
        (Late(), Verdict.TIMEOUT),
    ]:

        def fail(*_, error=error):
            raise error

        monkeypatch.setattr(verify, "_ask", fail)
        assert verify.verify_maths(r"\ln 8", r"<answer> 3 \ln 2 </answer>") is verdict


def test_after_a_late_request_the_warm_worker_is_used_first():
    """The fresh one still starts: whoever took it would pay for its start."""
    with Pool(f"{__name__.rpartition('.')[2]}:start", size=2) as two:
        both = threading.Barrier(2)

        def asked(_):
            both.wait()
            return two.call(["sleep", 0.2])

        with ThreadPoolExecutor(2) as threads:  # two at a time, so two workers
            list(threads.map(asked, range(2)))
        warm = {worker.process.pid for worker in two._idle}
        assert len(warm) == 2
        with pytest.raises(Late):
            two.call(["sleep", 60], Budget(0.2))
        assert two.call(["pid"]) in warm
