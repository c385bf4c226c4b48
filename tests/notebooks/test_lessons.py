"""Grading, predictions and the environment check."""

from __future__ import annotations

import pytest
import torch

from aeutils.lessons import Prediction, check_environment, environment
from aeutils.lessons.grading import Diagnosis, grade


def said(capsys) -> str:
    return capsys.readouterr().out.strip()


def test_grade_names_the_mistake_before_the_difference():
    expected, mistakes = torch.tensor([2.0, 4.0]), {"you forgot the factor 2": torch.tensor([1.0, 2.0])}

    def status(value):
        return grade(lambda: value, expected, mistakes, praise="well", target="aim")

    assert status(torch.tensor([2.0, 4.0])).status == "Correct"
    assert status([2.00001, 4.0]).status == "Correct"
    assert status(...).status == status(None).status == "Not attempted"
    assert status([1.0, 2.0]).message == "you forgot the factor 2"
    assert "largest difference" in status([2.0, 5.0]).message
    assert "expected shape [2]; got [3]" in status([1.0, 2.0, 3.0]).message
    assert "NaN" in status([float("nan"), 4.0]).message
    assert "str" in status("x").message
    assert "ZeroDivisionError" in grade(lambda: 1 / 0, 1.0, {}, praise="", target="").message


def test_grade_shows_a_diagnosis_as_it_is_and_knows_an_unfinished_sum():
    def diagnosed():
        raise Diagnosis("that is the median")

    given = grade(diagnosed, 1.0, {}, praise="", target="aim")
    assert (given.status, given.message) == ("Not yet", "that is the median")
    assert grade(lambda: 2 * ..., 1.0, {}, praise="", target="aim").status == "Not attempted"


def test_grade_names_a_mistake_of_another_shape():
    given = grade(lambda: torch.ones(3), torch.tensor(3.0), {"add them up": torch.ones(3)}, praise="", target="aim")
    assert given.message == "add them up"
    assert "shape" in grade(lambda: torch.ones(2), torch.tensor(3.0), {}, praise="", target="aim").message


def test_grade_compares_tuples_value_by_value():
    given = grade(lambda: (1, 3), (1, 2), {}, praise="", target="aim")
    assert "value 2 of 2" in given.message
    assert "expected 2 values" in grade(lambda: 1, (1, 2), {}, praise="", target="aim").message


def test_prediction_remembers_and_reveals(capsys):
    prediction = Prediction("Which?", ["this", "that"])
    prediction.reveal("that")
    assert said(capsys) == "Measured: that. You made no guess this time."
    prediction.guess = "that"
    prediction.reveal("that")
    assert "so it is" in said(capsys)
    prediction.guess = "this"
    prediction.reveal("that")
    assert "You guessed “this”" in said(capsys)
    assert repr(prediction) == "Which? A: this B: that"
    for wrong in ("neither", "A"):
        with pytest.raises(ValueError, match="not one of the options"):
            prediction.reveal(wrong)
        with pytest.raises(ValueError, match="not one of the options"):
            prediction.guess = wrong
    with pytest.raises(ValueError, match="different answers"):
        Prediction("Which?", ["one"])


def test_environment_is_ready_here(capsys):
    check_environment()
    lines = said(capsys).splitlines()
    assert len(lines) >= 8
    assert all(line.startswith("OK    ") for line in lines), lines


def test_environment_says_what_to_do(capsys, monkeypatch):
    monkeypatch.setattr(environment.metadata, "version", lambda name: "0.1")
    monkeypatch.setattr(environment, "_digits", lambda: 1 / 0)
    check_environment()
    out = said(capsys)
    assert "FAIL  torch 0.1 is older than 2.6: run `make lab` again" in out
    assert "FAIL  division by zero" in out
    assert "OK    Python" in out
