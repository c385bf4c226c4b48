"""Predictions and the environment check."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from aeutils.lessons import Prediction, check_environment, environment


def said(capsys) -> str:
    return capsys.readouterr().out.strip()


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


YES_NO = ["yes, by far", "no", "nobody knows"]
RANGES = ["less than 10", "10 to 20", "21–1,200", "more than 1,200"]
NEAREST = ["about 1", "about 9", "about 90", "it cannot be said"]
COUNTS = ["none", "one of them", "two", "all three"]
WHERE = ["at 2, 8 and 32", "at 2 and 8", "only at 2", "from 2 to 8", "nowhere"]
WHO = ["the moved digits", "those upside down", "about the same"]


@pytest.mark.parametrize(
    ("options", "answer", "expected"),
    [
        (YES_NO, True, "yes, by far"),
        (YES_NO, np.bool_(False), "no"),
        (YES_NO, torch.tensor(1) == 1, "yes, by far"),
        (RANGES, 9.99, "less than 10"),
        (RANGES, 10, "10 to 20"),
        (RANGES, np.float32(20), "10 to 20"),
        (RANGES, torch.tensor(1200), "21–1,200"),
        (RANGES, np.int64(1201), "more than 1,200"),
        (["at most 5", "6 or more"], 5, "at most 5"),
        (["between 1 and 5", "at least 6"], 6.5, "at least 6"),
        (["−0.5 to 0.5", "over 0.5"], -0.3, "−0.5 to 0.5"),
        (NEAREST, 29.0, "about 90"),
        (NEAREST, 28.0, "about 9"),
        (NEAREST, 0.001, "about 1"),
        (["about 5", "10 to 20"], 300.0, "about 5"),
        (["0", "1e-3"], 0, "0"),
        (COUNTS, 2, "two"),
        (WHERE, [2, 8], "at 2 and 8"),
        (WHERE, np.array([8.0, 2.0]), "at 2 and 8"),
        (WHERE, (2,), "only at 2"),
        (WHERE, torch.tensor([32, 8, 2]), "at 2, 8 and 32"),
        (WHERE, [], "nowhere"),
        (["at 0.1", "at no rate"], [torch.tensor(0.1)], "at 0.1"),
        (["at 0.1", "No rate at all"], [], "No rate at all"),
    ],
)
def test_reveal_finds_the_option(capsys, options, answer, expected):
    Prediction("?", options).reveal(answer)
    measured = said(capsys)
    assert f"“{expected}” is nearest." in measured or re.match(
        rf"Measured: {re.escape(expected)}(?: \(.*\))?\. ", measured
    )
    assert measured.endswith(" You made no guess this time.")


@pytest.mark.parametrize(
    ("options", "answer", "guess", "expected"),
    [
        (["about 20", "about 60"], 57.93, None, "Measured: about 60 (57.9). You made"),
        (
            ["about 20", "about 60"],
            torch.tensor(40.0),
            "about 60",
            "Measured: about 60 (40.0). You guessed “about 60”, and",
        ),
        (
            ["about 20", "about 60"],
            91.0,
            "about 60",
            "Measured: 91.0. No option is near; “about 60” is nearest. You guessed",
        ),
        (["about 20", "about 60"], 91.0, "about 60", "You guessed “about 60”, the nearest."),
        (["about 20", "about 60"], 91.0, "about 20", "What did you expect"),
        (["about 20", "about 1,200"], np.int64(1205), None, "Measured: about 1,200 (1,205)."),
        (RANGES, 15, None, "Measured: 10 to 20 (15)."),
        (RANGES, 30000.0, None, "Measured: more than 1,200 (30,000.0)."),
        (["less than 0.1", "0.1 to 1"], 0.01234, None, "Measured: less than 0.1 (0.0123)."),
        (["less than 0.1", "0.1 to 1"], 1e-7, None, "(1.0e-07)."),
        (["about 1", "about 5"], 0.9999, None, "Measured: about 1 (1.0)."),
        (["0", "1e-3"], 0, None, "Measured: 0 (0)."),
        (["0", "1e-3"], 0.0, None, "Measured: 0 (0.0)."),
    ],
)
def test_reveal_shows_the_number_and_says_when_no_option_is_near(capsys, options, answer, guess, expected):
    prediction = Prediction("?", options)
    if guess:
        prediction.guess = guess
    prediction.reveal(answer)
    assert expected in said(capsys)


@pytest.mark.parametrize(
    ("options", "numbers", "expected"),
    [
        (WHO, {"largest": {"moved": 57.0, "upside down": 38.3}}, WHO[0]),
        (WHO, {"smallest": {"moved": np.float32(57.0), "upside down": torch.tensor(38.3)}}, WHO[1]),
        (WHO, {"largest": {"moved": 40.0, "upside down": 38.3}}, WHO[2]),
        (WHO[:2], {"largest": {"moved": 40.0, "upside down": 38.3}}, WHO[0]),
        (["ReLU", "leaky ReLU", "tanh"], {"smallest": {"ReLU": 1, "leaky ReLU": 2, "tanh": 3}}, "ReLU"),
        (["ReLU", "leaky ReLU", "tanh"], {"largest": {"ReLU": 1, "leaky ReLU": 2, "Tanh": -3}}, "leaky ReLU"),
        (["at 2 units", "at 32 units"], {"largest": {2: 0.5, 32: 0.1}}, "at 2 units"),
    ],
)
def test_reveal_finds_the_option_that_names_the_winner(capsys, options, numbers, expected):
    Prediction("?", options).reveal(**numbers)
    assert said(capsys) == f"Measured: {expected}. You made no guess this time."


@pytest.mark.parametrize(
    ("options", "given", "words"),
    [
        (RANGES, {}, ["reveal got nothing"]),
        (RANGES, {"answer": 3, "largest": {"a": 1, "b": 2}}, ["answer, largest", "expected one of"]),
        (RANGES, {"answer": True}, ["True fits none", "'10 to 20'", "begins with 'yes'"]),
        (RANGES, {"answer": 20.5}, ["20.5 fits none", "one range that holds it"]),
        (["1 to 3", "3 to 5"], {"answer": 3}, ["3 fits several", "'1 to 3', '3 to 5'"]),
        (NEAREST, {"answer": 0}, ["0 fits none"]),
        (NEAREST, {"answer": float("nan")}, ["answer=nan", "a finite number"]),
        (NEAREST, {"answer": {"a": 1}}, ["answer={'a': 1}", "an option, True or False"]),
        (["about 1", "about 4"], {"answer": 2}, ["2 fits several"]),
        (WHERE, {"answer": [8]}, ["[8] fits none", "exactly these numbers"]),
        (WHERE, {"answer": ["2"]}, ["a number in the answer='2'"]),
        (["at 2", "at 8"], {"answer": []}, ["[] fits none", "'nowhere'"]),
        (WHO, {"largest": {"moved": 1, "turned": 2}}, ["moved 1, turned 2 fits none", "has 'turned' in it"]),
        (WHO[:2], {"smallest": {"moved": 1, "upside down": 1}}, ["the first two are equal", "'same'"]),
        (WHO, {"largest": {"moved": 1}}, ["largest={'moved': 1}", "two or more"]),
        (WHO, {"largest": {"moved": 1, "upside down": float("nan")}}, ["upside down=nan"]),
        (["a beats b", "b beats a"], {"largest": {"a": 1, "b": 2}}, ["fits none", "no other of the names"]),
    ],
)
def test_reveal_says_what_does_not_fit(refused, options, given, words):
    with refused(ValueError, *words):
        Prediction("?", options).reveal(**given)


def test_environment_is_ready_here(capsys):
    check_environment()
    lines = said(capsys).splitlines()
    assert len(lines) >= 8
    assert all(line.startswith("OK    ") for line in lines), lines


def test_environment_names_a_file_that_hides_a_module(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").touch()
    (tmp_path / "timeit.py").touch()
    check_environment()
    (line,) = [line for line in said(capsys).splitlines() if line.startswith("FAIL")]
    assert "timeit.py" in line and "rename it" in line
    (tmp_path / "timeit.py").rename(tmp_path / "sklearn.py")  # not only Python's own
    check_environment()
    assert "FAIL  sklearn.py" in said(capsys)


def test_environment_says_what_to_do(capsys, monkeypatch):
    monkeypatch.setattr(environment.metadata, "version", lambda name: "0.1")
    monkeypatch.setattr(environment, "_digits", lambda: 1 / 0)
    check_environment()
    out = said(capsys)
    assert "FAIL  torch 0.1 is older than 2.6: run `make lab` again" in out
    assert "FAIL  division by zero" in out
    assert "OK    Python" in out
