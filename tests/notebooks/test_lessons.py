"""Predictions and the environment check."""

from __future__ import annotations

import pytest

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
