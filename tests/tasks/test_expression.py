"""The evaluator against two oracles, and against texts that hang or break other graders."""

import operator
import time
import warnings
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.tasks import Verdict
from minir1.tasks.expression import MAX_DEPTH, MAX_DIGITS, MAX_LENGTH, Fault, Value, evaluate

OPERATIONS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}

# A tree is an integer, ("neg", tree) or (operator, left, right).
trees = st.recursive(
    st.integers(0, 99),
    lambda inner: (
        st.tuples(st.just("neg"), inner) | st.tuples(st.sampled_from("+-*/"), inner, inner)
    ),
    max_leaves=8,
)


def to_text(tree) -> str:
    match tree:
        case int(number):
            return str(number)
        case ("neg", inner):
            return f"( - {to_text(inner)} )"
        case (symbol, left, right):
            return f"( {to_text(left)} {symbol} {to_text(right)} )"


def to_value(tree, numbers: list, results: list) -> Fraction:
    """The oracle: Fractions all the way, straight from the tree."""
    match tree:
        case int(number):
            numbers.append(number)
            return Fraction(number)
        case ("neg", inner):
            result = -to_value(inner, numbers, results)
        case (symbol, left, right):
            a, b = to_value(left, numbers, results), to_value(right, numbers, results)
            result = OPERATIONS[symbol](a, b)
    results.append(result)
    return result


def symbols(tree) -> set[str]:
    match tree:
        case int():
            return set()
        case ("neg", inner):
            return {"-"} | symbols(inner)
        case (symbol, left, right):
            return {symbol} | symbols(left) | symbols(right)


@settings(max_examples=500, deadline=None)
@given(trees)
def test_it_agrees_with_fractions_computed_on_the_tree(tree):
    text = to_text(tree)
    numbers, results = [], []
    result = evaluate(text)
    if len(text) > MAX_LENGTH:
        assert result == Fault(Verdict.TOO_LARGE, "the expression is too long")
        return
    try:
        value = to_value(tree, numbers, results)
    except ZeroDivisionError:
        assert result == Fault(Verdict.WRONG, "division by zero")
        return
    assert result == Value(value, tuple(sorted(numbers)), frozenset(symbols(tree)), tuple(results))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 99), min_size=1, max_size=7),
    st.lists(st.sampled_from("+-*/"), min_size=6, max_size=6),
)
def test_precedence_agrees_with_sympy(numbers, signs):
    text = " ".join(f"{n} {s}" for n, s in zip(numbers, [*signs, "+"], strict=False))[:-2]
    result = evaluate(text)
    assert isinstance(result, Value)
    oracle = sympy.parse_expr(text)  # safe: the text is the test's own
    assert Fraction(int(oracle.p), int(oracle.q)) == result.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("0", 0),
        ("1-2-3", -4),
        ("8 / 4 / 2", 1),
        ("2 + 3 * 4", 14),
        ("-(2+3)", -5),
        ("- - 2", 2),
        ("3 - -2", 5),
        ("1/3*3", 1),
        ("1/2 + 1/3", Fraction(5, 6)),
        ("  ( 10+5 ) *1  ", 15),
        ("(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH, 1),
        ("1+" * 99 + "1", 100),
        ("-" * 198 + "1", 1),
        ("9" * MAX_DIGITS, 10**MAX_DIGITS - 1),
        ("*".join(["9" * MAX_DIGITS] * 15), (10**MAX_DIGITS - 1) ** 15),
    ],
)
def test_values(text, value):
    result = evaluate(text)
    assert isinstance(result, Value)
    assert result.value == value
    assert isinstance(result.value, int) == (Fraction(value).denominator == 1)


MALFORMED = [
    "",
    "   ",
    "()",
    "( )",
    "1 0",
    "1 2 3",
    "01",
    "00",
    "1 + 007",
    "+1",
    "1 + + 2",
    "2 ** 3",
    "2 * * 3",
    "44**95**83",
    "9**9**9**9",
    "7 // 2",
    "7 / / 2",
    "(1)(2)",
    "2(3)",
    "(1 + 2",
    "1 + 2)",
    ")(",
    "1 +",
    "* 1",
    "1.0",
    "1.",
    "1e3",
    "0x1F",
    "0b1",
    "1_0",
    "10j",
    "1,2",
    "1;2",
    "1=1",
    "1==1",
    "1<2",
    "5 % 3",
    "5 ^ 3",
    "~5",
    "1 if 1 else 2",
    "1 or 2",
    "not 1",
    "lambda: 1",
    "True",
    "None",
    "nan",
    "inf",
    "x",
    "'1'",
    "[1]",
    "{1}",
    "(1,)",
    "...",
    "1 # 2",
    "1 \\",
    "1\n+ 2",
    "1\t+ 2",
    "1\r",
    "\n1",
    "1\0",
    "\0",
    "\x0c1",
    "1\N{NO-BREAK SPACE}+ 2",
    "1\u200b",
    "\N{FULLWIDTH DIGIT ONE}",
    "\N{ARABIC-INDIC DIGIT FIVE}",
    "2\N{SUPERSCRIPT TWO}",
    "2 \N{MULTIPLICATION SIGN} 3",
    "3 \N{MINUS SIGN} 2",
    "6 \N{DIVISION SIGN} 2",
    "\N{VULGAR FRACTION ONE HALF}",
    "\ud800",
    "__import__('os')",
    "print(1)",
    "().__class__",
    "exit()",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_texts(text):
    result = evaluate(text)
    assert isinstance(result, Fault)
    assert result.verdict is Verdict.MALFORMED
    assert result.reason


@pytest.mark.parametrize(
    "text",
    [
        "1" * (MAX_DIGITS + 1),
        "2 + " + "9" * 100,
        "1+" * 100 + "1",
        "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "(" * 150,
        "(" * 10**6,
        "9" * 10**6,
        "-" * 10**6 + "1",
        "x" * 10**6,
        "1e999999999" + "0" * 300,
    ],
)
def test_too_large_texts(text):
    result = evaluate(text)
    assert isinstance(result, Fault)
    assert result.verdict is Verdict.TOO_LARGE


@pytest.mark.parametrize("text", ["1 / 0", "1 / (2 - 2)", "0 / 0", "1 / (1 / 2 - 1 / 2)"])
def test_division_by_zero_is_a_wrong_answer(text):
    assert evaluate(text) == Fault(Verdict.WRONG, "division by zero")


arithmetic_like = st.lists(
    st.sampled_from([*"0123456789+-*/() ", "((", "))", "**", "//", "()", "1(", " - "]),
    max_size=120,
).map("".join)
repeated = st.builds(
    lambda unit, length: (unit * length)[:length],
    st.lists(st.sampled_from([*"1+-*/() "]), min_size=1, max_size=6).map("".join),
    st.integers(0, 210),
)


@settings(max_examples=1500, deadline=None)
@given(arithmetic_like | repeated | st.text() | st.text(max_size=20).map(lambda s: s * 50))
def test_any_text_gets_a_result_in_10_ms_and_no_warning(text):
    def seconds() -> float:
        start = time.thread_time()
        assert isinstance(evaluate(text), Value | Fault)
        return time.thread_time() - start

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert seconds() < 0.010 or min(seconds() for _ in range(5)) < 0.010
