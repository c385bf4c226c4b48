"""What only a lesson needs: claims, exercises, predictions and the check of the reader's environment."""

from aeutils.lessons.claims import Claim, claim
from aeutils.lessons.environment import check_environment
from aeutils.lessons.exercises import Exercise, Feedback, Mistake
from aeutils.lessons.predictions import Prediction, predict

__all__ = ["Claim", "Exercise", "Feedback", "Mistake", "Prediction", "check_environment", "claim", "predict"]
