"""How nbgrader makes and marks the collection's assignments; `make grading` puts it into the course folder."""

from typing import Any

from nbgrader.preprocessors import ClearSolutions


class StubsOfTheNotebook(ClearSolutions):
    """Puts the notebook's own stub, word for word, in place of a solution."""

    def _replace_solution_region(self, cell: Any, language: str) -> bool:
        stub = cell.metadata.pop("aeutils", {}).get("stub")
        if stub is None:
            return super()._replace_solution_region(cell, language)
        cell.source = stub
        return True


c = get_config()  # type: ignore[name-defined]  # noqa: F821  (nbgrader puts it there)
c.CourseDirectory.course_id = "autoencoders"
c.ClearSolutions.code_stub = {"python": "return ..."}
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    StubsOfTheNotebook,
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
]
c.ExecutePreprocessor.timeout = 120  # seconds for a cell: the longest check trains for about eight
c.KernelManager.transport_encryption = "auto"  # as in jupyter_settings.py; without it each kernel warns
