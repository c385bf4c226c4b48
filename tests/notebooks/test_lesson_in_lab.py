"""The lesson of ninety minutes as a student is given it, run and played in a real JupyterLab."""

import editions
import nbformat
from notebook_cells import LESSON
from pages import rest

CODE = [cell for cell in editions.student(nbformat.read(LESSON, as_version=4)).cells if cell.cell_type == "code"]
(FIRST_MAP, LAST_MAP), (PCA, MOVED), (ORDER, SHARE) = (
    [i for i, cell in enumerate(CODE) if words in cell.source] for words in ("ae.explore(", "= predict(", "\ncheck.")
)
TRAINING = 180  # seconds that a cell may take, on a machine that is busy
SILENT = """def order():
    return "rebuild", "measure", "find the slopes", "forget", "move"

check.another_order(order)"""
RIGHT = SILENT.replace('"find the slopes", "forget", "move"', '"find the slopes", "move", "forget"')


def test_a_class_drags_votes_answers_and_plays(opened):
    lesson = opened(nbformat.v4.new_notebook(cells=CODE))
    page, cells, expect = lesson.page, lesson.cells, lesson.expect

    def explorer(index):
        root = cells.nth(index).locator(".aex[data-ready]")
        expect(root).to_be_visible()
        return root

    def code(root):
        return root.locator("[data-role=decoded]").get_attribute("data-code")

    def drag(root):
        """Drag the point from the left to the right; what the decoder was given before and after."""
        pad = root.locator(".aex-pad")
        pad.scroll_into_view_if_needed()
        box, seen = pad.bounding_box(), []
        for begin, end in ((0.25, 0.3), (0.3, 0.75)):
            page.mouse.move(box["x"] + begin * box["width"], box["y"] + box["height"] / 2)
            page.mouse.down()
            page.mouse.move(box["x"] + end * box["width"], box["y"] + box["height"] / 2, steps=8)
            page.mouse.up()
            rest(page, 300)
            seen.append([float(number) for number in code(root).split()])
        return seen

    def answer(index, source):
        cells.nth(index).locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(source)
        lesson.run(index)

    lesson.run(0)
    lesson.run(FIRST_MAP, TRAINING)  # nothing else is needed
    (before, _), (after, _) = drag(explorer(FIRST_MAP))
    assert after > before

    for index in range(FIRST_MAP + 1, len(CODE)):
        if "reveal(" in CODE[index].source:  # folded: the cell above has led here
            page.keyboard.press("Shift+Enter")
            expect(cells.nth(index)).to_contain_text("Measured: ")
        else:
            lesson.run(index, TRAINING)
        expect(cells.nth(index).locator("[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
        if index in (PCA, MOVED):
            cells.nth(index).get_by_role("button", name="C", exact=True).click()
        elif index in (ORDER, SHARE):
            expect(cells.nth(index)).to_contain_text("Not attempted")
    assert page.get_by_text("You guessed “about 44”, and so it is.").count() == 1
    assert page.get_by_text("You guessed “about 75”, and so it is.").count() == 1

    answer(ORDER, SILENT)
    expect(cells.nth(ORDER)).to_contain_text("nothing ever moves, and Python does not complain")
    answer(ORDER, RIGHT)
    expect(cells.nth(ORDER)).to_contain_text("after three rounds the weights are the same")

    root = explorer(LAST_MAP)
    (before, _), (after, _) = drag(root)
    assert after > before
    root.get_by_role("button", name="2", exact=True).click()  # task 4: the others fade
    expect(root.get_by_role("button", name="2", exact=True)).to_have_attribute("aria-pressed", "true")
    for tab in ("Traversal", "Draw your own"):  # tasks 5 and 6
        root.get_by_role("tab", name=tab, exact=True).click()
        expect(root.get_by_role("tab", name=tab, exact=True)).to_have_attribute("aria-selected", "true")
