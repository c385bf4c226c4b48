"""What an exercise says about an answer, whatever the exercise is about."""

from __future__ import annotations

import types

import numpy as np
import pytest
import torch
from IPython.core.compilerop import CachingCompiler
from torch import nn

from aeutils.figures import look
from aeutils.lessons.exercises import (
    Diagnosis,
    Exercise,
    Feedback,
    Mistake,
    NotAttempted,
    but,
    choices,
    exercises_in,
    finite,
    number,
    several,
    told,
    whole_number,
)

NOT_A_FUNCTION = "give the check your function, by its name alone; got "


def product(**given) -> Exercise:
    """An exercise with three examples: the product of a and b."""
    fields = {
        "number": "9.1",
        "examples": [(2, 3), (4, 5), (100, 200)],
        "right": lambda a, b: a * b,
        "mistakes": [Mistake("you added", lambda a, b: a + b), Mistake("one too many", lambda a, b: a * b + 1)],
        "praise": "well done",
        "target": "2 times 3 is 6",
    }
    return Exercise(**fields | given)


def in_a_cell(code: str, name: str = "f"):
    """A function out of a cell that IPython knows."""
    namespace = {"torch": torch}
    exec(compile(code, CachingCompiler().cache(code, 1), "exec"), namespace)
    return namespace[name]


# What a reader's function may do


def test_a_right_answer_is_praised_and_a_listed_mistake_gets_its_sentence():
    assert repr(product()(lambda a, b: b * a)) == "Correct: well done"
    assert repr(product()(lambda x, y: x + y)) == "Not yet: you added"
    assert product()(lambda a, b: b * a + 1).message == "one too many"


@pytest.mark.parametrize(
    "stub",
    [
        ...,
        lambda a, b: ...,
        lambda a, b: (a, ...),
        lambda a, b: [..., ...],
        lambda a, b: a * ...,
        lambda a, b: torch.ones(2) * ...,
    ],
)
def test_the_stubs_dots_are_no_attempt(stub):
    assert repr(product()(stub)) == "Not attempted: 2 times 3 is 6"


def test_a_forgotten_return_is_told_apart_from_no_attempt():
    said = product()(in_a_cell("def f(a, b):\n    a * b\n"))
    assert said.status == "Not yet" and "is the word return missing" in said.message


def test_an_exception_names_the_readers_own_line():
    said = product()(in_a_cell("def f(a, b):\n    x = torch.ones(2)\n\n    return x.dot(torch.ones(3))  # here\n"))
    assert said.status == "Not yet"
    assert "your code raised RuntimeError: " in said.message  # deep in PyTorch; the line is the reader's all the same
    assert said.message.endswith("(in line 4, return x.dot(torch.ones(3))  # here)")


def test_the_innermost_of_the_readers_lines_is_named():
    helped = in_a_cell("def g(a):\n    return a / 0\n\ndef f(a, b):\n    return g(a)\n")
    assert product()(helped).message == "your code raised ZeroDivisionError: division by zero (in line 2, return a / 0)"


def test_an_exception_that_comes_later_names_its_input():
    later = in_a_cell("def f(a, b):\n    return a * b / (a != 4)\n")
    assert product()(later).message.startswith("for a = 4, b = 5: your code raised ZeroDivisionError: ")


def test_a_decorated_functions_line_is_named():
    decorated = in_a_cell("@torch.no_grad()\ndef f(a, b):\n    return a / 0\n")
    assert "(in line 3, return a / 0)" in product()(decorated).message


def test_an_exception_without_words_or_source_is_told():
    def fails(a, b):
        raise KeyError

    assert "your code raised KeyError (in line " in product()(fails).message
    nowhere: dict = {}
    exec("def f(a, b): raise KeyError", nowhere)
    assert product()(nowhere["f"]).message == "your code raised KeyError (in line 1)"
    assert product()(torch.dot).message.startswith("your code raised TypeError: dot()")


@pytest.mark.parametrize("code", ["def f(): return 6", "def f(a): return 6", "def f(a, b, c): return 6"])
def test_another_number_of_arguments_is_no_fault_in_a_line(code):
    said = product()(in_a_cell(code)).message
    assert said.startswith("your function cannot be called as the stub can (TypeError: f() ")
    assert said.endswith("It takes a, b")


@pytest.mark.parametrize("answer, shown", [(6, "6"), (None, "None"), ("six", "'six'"), ((6, 20), "(6, 20)")])
def test_what_is_no_function_is_told(answer, shown):
    assert repr(product()(answer)) == f"Not yet: {NOT_A_FUNCTION}{shown}"


def test_a_class_is_an_answer_of_the_wrong_kind():
    said = product()(nn.Linear)
    assert said.message == "expected a number or a tensor; got a Linear. 2 times 3 is 6"


# What is the check's own fault


def test_a_fault_of_the_observer_is_not_the_readers():
    exercise = product(right=lambda a, b: torch.ones(2), observe=lambda answer, a, b: answer(a, b).mean())
    said = exercise(lambda a, b: a * b)
    assert said.status == "Not yet"
    assert said.message.startswith("the check cannot use what your function returned (AttributeError: ")
    assert "your code raised" not in said.message


def test_an_ellipsis_in_the_observer_is_no_excuse():
    exercise = product(observe=lambda answer, a, b: answer(a, b) + (... if answer(1, 1) == 2 else 0))
    assert "the check cannot use" in exercise(lambda a, b: a * b + 1).message


def test_a_fault_of_the_right_function_is_raised():
    with pytest.raises(ZeroDivisionError):
        product(right=lambda a, b: a / 0)(lambda a, b: a * b)


def test_a_mistake_that_raises_is_in_nobodys_way():
    exercise = product(mistakes=[Mistake("division", lambda a, b: a / 0), Mistake("you added", lambda a, b: a + b)])
    assert exercise(lambda a, b: a + b).message == "you added"
    assert "ZeroDivisionError" in exercise(exercise.mistakes[0].answer).message


# What is said about a wrong value


def test_a_wrong_value_names_the_input_it_belongs_to():
    wrong_once = product()(lambda a, b: a * b - 1500 if a == 100 else a * b)
    assert wrong_once.message == "for a = 100, b = 200: got 18,500, which is 1500 too little. 2 times 3 is 6"
    assert product()(lambda a, b: 7.25 if a == 2 else a * b).message.startswith(
        "for a = 2, b = 3: got 7.25, which is 1"
    )
    assert product()(lambda a, b: 5 * a * b).message.startswith("for a = 2, b = 3: got 30, far from the target. ")


def test_an_input_that_cannot_be_shown_has_a_number():
    big = [(torch.arange(20.0),), (torch.arange(30.0),)]
    exercise = product(examples=big, right=lambda x: x.sum(), mistakes=[])
    assert exercise(lambda x: x.sum() + (len(x) > 20)).message.startswith("for example 2 of 2: got 436, which is 1 too")
    assert product(examples=big[:1], right=lambda x: x.sum())(lambda x: x.mean()).message.startswith("got 9.5, ")
    small = product(examples=[(torch.tensor([0.5, 2.0]), big[0][0], nn.Linear(1, 1))], right=lambda x, y, layer: x)
    assert small(lambda x, y, layer: x + 1).message.startswith("for x = [0.5, 2]: the largest difference from the")


def test_of_labels_it_is_said_how_many_differ():
    exercise = product(examples=[(1, 2), (3, 4)], right=lambda a, b: torch.tensor([a, b, 7]), labels="digits")
    assert exercise(lambda a, b: [b, a, 7]).message.startswith(
        "for a = 1, b = 2: 2 of 3 digits differ from the right ones. "
    )


def test_a_constant_answer_is_told_one_thing():
    assert product()(lambda a, b: 6).message == (  # right for the first example
        "your answer is 6 for every example; it has to follow from the arguments. 2 times 3 is 6"
    )
    same_for_all = product(examples=[(2, 3), (3, 2)])
    assert same_for_all(lambda a, b: 7).message == "one too many"
    assert same_for_all(lambda a, b: 8).message.startswith("for a = 2, b = 3: got 8, which is 2 too much")


def test_the_parts_of_an_answer_have_names():
    exercise = product(right=lambda a, b: (a * b, a + b), mistakes=[], parts=("the product", "the sum"))
    assert exercise(lambda a, b: [a * b, a + b]).status == "Correct"
    assert "for a = 2, b = 3: the sum is off: got 6, which is 1 too much" in exercise(lambda a, b: (a * b, 6)).message
    assert exercise(lambda a, b: (a * b, torch.ones(2))).message.startswith(
        "the sum: expected one number; got shape [2]"
    )
    assert exercise(lambda a, b: (a * b, None)).message == "the sum is None"
    for wrong, came in ((lambda a, b: a * b, "6"), (lambda a, b: (1, 2, 3), "3 values"), (lambda a, b: {}, "a dict")):
        assert exercise(wrong).message == f"return 2 values, separated by commas: the product, the sum; got {came}"


def test_parts_without_names_are_counted():
    exercise = product(right=lambda a, b: (a, b), mistakes=[])
    assert "value 2 of 2 is off: got 4, which is 1 too much" in exercise(lambda a, b: (a, b + 1)).message
    assert "value 1 of 2: expected one number; got shape [1, 1]" in exercise(lambda a, b: ([[a]], b)).message
    assert "expected 2 values, separated by commas; got 2" in exercise(lambda a, b: a).message


def test_another_shape_is_told_with_words_for_the_axes():
    exercise = product(
        examples=[(torch.rand(5, 784),)],
        right=lambda x: x.sum(1),
        mistakes=[],
        returns="[N], one for each image",
    )
    assert exercise(lambda x: x.sum(0)).message == (
        "expected shape [5]; got shape [784]. Wanted: [N], one for each image. 2 times 3 is 6"
    )
    assert exercise(lambda x: x.sum()).message.startswith("expected shape [5]; got one number. Wanted: [N]")


def test_a_mistake_of_another_shape_is_named():
    exercise = product(
        examples=[(torch.rand(3),)], right=lambda x: x.sum(), mistakes=[Mistake("add them up", lambda x: x)]
    )
    assert exercise(lambda x: x * 1).message == "add them up"
    assert exercise(lambda x: x[:2]).message.startswith("expected one number; got shape [2]")


def test_nan_and_infinity_are_told_with_their_input():
    for wrong in (float("nan"), float("inf"), torch.tensor(float("nan"))):
        said = product()(lambda a, b, wrong=wrong: wrong if a == 4 else a * b)
        assert said.message == "for a = 4, b = 5: the answer holds NaN or infinite values. 2 times 3 is 6"


def test_nan_where_the_right_answer_has_it_is_no_fault():
    nan, inf = float("nan"), float("inf")
    for labels, off in (("", "the largest difference from the right values is 5"), ("hours", "1 of 4 hours differ")):
        exercise = product(right=lambda a, b: torch.tensor([a, nan, b, inf]), mistakes=[], labels=labels)
        assert exercise(lambda a, b: [a, nan, b, inf]).status == "Correct"
        assert exercise(lambda a, b: [a, nan, b + 5, inf]).message.startswith(f"for a = 2, b = 3: {off}")
        for elsewhere in (lambda a, b: [a, 1, b, inf], lambda a, b: [nan, nan, b, inf], lambda a, b: [nan, a, b, inf]):
            assert "NaN stands in other places than in the right answer" in exercise(elsewhere).message
        assert "the answer holds NaN or infinite values" in exercise(lambda a, b: [inf, nan, b, inf]).message


@pytest.mark.parametrize("answer", [lambda a, b: str(a * b), lambda a, b: torch.tensor(a * b + 0j), lambda a, b: print])
def test_what_is_no_number_is_told_and_nothing_is_raised(answer):
    said = product()(answer)
    assert said.status == "Not yet" and "expected a number or a tensor; got " in said.message
    assert " at 0x" not in said.message


def test_numbers_are_accepted_in_any_clothes_and_within_the_tolerance():
    exercise = product(examples=[(2.0, 4.0)], right=lambda a, b: torch.tensor([a, b]), mistakes=[])
    parameter = nn.Parameter(torch.tensor([2.0, 4.0]))
    for answer in ([2.00001, 4.0], (2, 4), np.array([2, 4]), parameter, list(parameter), parameter.bfloat16()):
        assert exercise(lambda a, b, answer=answer: answer).status == "Correct", answer
    assert exercise(lambda a, b: [2.001, 4.0]).status == "Not yet"
    assert product(tolerance=0.1)(lambda a, b: 1.09 * a * b).status == "Correct"
    assert product()(lambda a, b: torch.tensor([a * b])).status == "Correct"
    assert "got 4, which is 2 too little" in product()(lambda a, b: torch.tensor([a * b - 2])).message


def test_a_mistake_may_lead_to_infinity_and_nan():
    nan, inf = float("nan"), float("inf")
    exercise = product(
        examples=[(1.0, 2.0)],
        right=lambda a, b: torch.tensor([a, b]),
        mistakes=[Mistake("the log of 0", lambda a, b: [nan, b]), Mistake("1 over 0", lambda a, b: [a, inf])],
    )
    assert exercise(lambda a, b: [nan, 2]).message == "the log of 0"
    assert exercise(lambda a, b: [1, inf]).message == "1 over 0"
    assert "holds NaN or infinite values" in exercise(lambda a, b: [1, -inf]).message
    assert "largest difference" in exercise(lambda a, b: [1, 3]).message


def test_words_are_compared_without_case_and_margins():
    exercise = product(right=lambda a, b: "A tie", mistakes=[Mistake("hers was better", lambda a, b: "a win")])
    assert exercise(lambda a, b: " a TIE ").status == "Correct"
    assert exercise(lambda a, b: "A win").message == "hers was better"
    assert "'loss' is not it" in exercise(lambda a, b: "loss").message
    assert "3 is not it" in exercise(lambda a, b: 3).message


def test_mistakes_as_source_text_are_not_compared():
    exercise = product(mistakes=[Mistake("of form", "def f(a, b): return a + b"), Mistake("sum", lambda a, b: a + b)])
    assert exercise(lambda a, b: a + b).message == "sum"


def test_a_mistake_whose_words_the_check_says_anyway_gets_the_whole_message():
    exercise = product(mistakes=[Mistake("your answer is 6 for every example", lambda a, b: 6)])
    assert exercise(lambda a, b: 6).message.endswith("it has to follow from the arguments. 2 times 3 is 6")


def test_what_an_observer_diagnoses_is_shown_as_it_is():
    def observe(answer, a, b):
        if answer(a, b) < 0:
            raise Diagnosis("that is negative")
        return answer(a, b)

    exercise = product(observe=observe, mistakes=[Mistake("that is negative", lambda a, b: -1)])
    assert repr(exercise(lambda a, b: -a)) == "Not yet: that is negative"
    assert "too much" in exercise(lambda a, b: a * b + 1).message  # the mistake above, which is diagnosed, is no match


# What a check leaves alone


def test_random_numbers_are_as_before():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    noisy = product(examples=lambda: [(torch.rand(1).item(), 2.0)], observe=lambda f, a, b: f(a, b) + 0 * torch.rand(1))
    noisy(lambda a, b: torch.rand(5).sum())
    noisy(lambda a, b: a * b)
    assert torch.equal(torch.rand(3), expected)


def test_arguments_are_the_answers_own():
    layer, x = nn.Linear(2, 2), torch.tensor([1.0, 2.0])
    before = layer.weight.clone()
    exercise = product(examples=[(x, [3.0], layer)] * 2, right=lambda x, numbers, layer: layer(x) + numbers[0])

    @torch.no_grad()
    def spoils(x, numbers, layer):
        given = layer(x) + numbers.pop()
        x.zero_()
        layer.weight.zero_()
        return given

    assert exercise(spoils).status == exercise(spoils).status == "Correct"
    assert torch.equal(x, torch.tensor([1.0, 2.0])) and torch.equal(layer.weight, before)


def test_examples_and_the_right_answers_are_made_once_and_when_needed():
    made = []

    def examples():
        made.append(1)
        return [(2, 3)]

    exercise = product(examples=examples)
    assert made == []
    exercise(...)
    assert made == []
    for _ in range(2):
        exercise(lambda a, b: a)
    assert made == [1]
    assert exercise.tried_on == [(2, 3)] and exercise.expected == [6]


# Building blocks


@pytest.mark.parametrize(
    "value", [3, 3.0, np.float32(3), np.array([3]), torch.tensor(3), nn.Parameter(torch.ones(1) * 3)]
)
def test_number_takes_one_number_in_any_clothes(value):
    assert number(value) == 3.0 and isinstance(number(value), float)
    assert whole_number(value) == 3 and isinstance(whole_number(value), int)


@pytest.mark.parametrize(
    "value, came",
    [
        (torch.ones(2, 3), "yours has shape [2, 3]"),
        (np.ones(2), "yours has shape [2]"),
        ([3], r"got \[3\]"),
        ("3", "got '3'"),
        (True, "got True"),
        (torch.tensor(True), "got True"),
        (np.bool_(True), "got "),
        (3 + 0j, "got"),
        ({3: 4}, "got a dict"),
        ((i for i in "ab"), "got a generator"),
        (nn.Linear(1, 1), "got a Linear"),
    ],
)
def test_number_says_what_came_instead(value, came):
    with pytest.raises(Diagnosis, match="return one number; " + came.replace("[2", r"\[2")):
        number(value)


@pytest.mark.parametrize("value, shown", [(0.25, "0.25"), (torch.tensor(0.25), "0.25"), (float("nan"), "nan")])
def test_a_share_is_not_cut_to_a_whole_number(value, shown):
    with pytest.raises(Diagnosis, match=f"return a whole number; got {shown}"):
        whole_number(value)


@pytest.mark.parametrize("take", [number, whole_number, lambda v: several(v, ("a", "b")), lambda v: finite(v, "NaN")])
def test_building_blocks_know_no_attempt_and_a_forgotten_return(take):
    with pytest.raises(NotAttempted):
        take(...)
    with pytest.raises(Diagnosis, match="return missing"):
        take(None)


def test_an_error_is_told_by_what_it_means_here():
    meanings = {"by zero": "n is 0 here"}
    with pytest.raises(Diagnosis, match="n is 0 here"), told(meanings):
        1 / 0
    with pytest.raises(TypeError), told(meanings):
        [1] * [2]


def test_several_finite_and_choices():
    assert several([1, 2], ("a", "b")) == (1, 2)
    with pytest.raises(Diagnosis, match="return 2 values, separated by commas: a, b; got 1"):
        several(1, ("a", "b"))
    with pytest.raises(NotAttempted):
        several((1, ...), ("a", "b"))
    assert finite(3, "NaN") == 3
    with pytest.raises(Diagnosis, match="log of 0"):
        finite(torch.tensor([0.0, float("inf")]), "log of 0")
    assert choices((" Left", "right"), ("A", "B"), ("left", "right")) == ("left", "right")
    with pytest.raises(Diagnosis, match="'up' is not in the list; choose from 'left', 'right'"):
        choices(("left", "Up"), ("A", "B"), ("left", "right"))
    with pytest.raises(Diagnosis, match="3 is not in the list"):
        choices((3, "left"), ("A", "B"), ("left", "right"))


def test_but_changes_what_the_right_function_gives():
    assert but(lambda a, b: a * b, lambda value: -value)(2, 3) == -6


def test_exercises_are_listed_in_a_modules_order():
    module = types.ModuleType("chapter")
    module.second, module.helper, module.first = product(number="9.1"), len, product(number="9.2")
    assert [(name, exercise.number) for name, exercise in exercises_in(module).items()] == [
        ("second", "9.1"),
        ("first", "9.2"),
    ]


def test_feedback_is_shown_as_text_in_its_colour():
    shown = Feedback("Not yet", "s < t & more")._repr_html_()
    assert "<strong>Not yet</strong> · s &lt; t &amp; more" in shown and look.ORANGE in shown
    assert look.BLUE in Feedback("Correct", "")._repr_html_()
    assert look.GREY in Feedback("Not attempted", "")._repr_html_()
