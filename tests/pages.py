"""The explorer as a page of its own, open in Chromium, for the tests that look at it."""


def opened(chromium, path, size=(940, 900), place="", **context):
    """The page at a path with the network off, at a place; whatever it complains of fails the test."""
    width, height = size
    page = chromium.new_context(offline=True, viewport={"width": width, "height": height}, **context).new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{path.as_uri()}{place and '#'}{place}")
    page.locator(".aex[data-ready]").wait_for()
    page.locator("[data-code]").wait_for()
    return page


def settle(page):
    """Wait until two frames have passed."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def rest(page, milliseconds):
    """Wait until that much of the page's own time has passed at rest: on a busy machine its timers are late, too."""
    settle(page)
    page.evaluate("time => new Promise(done => setTimeout(done, time))", milliseconds)
    settle(page)


def code(page):
    """What the decoded picture is of, as numbers."""
    settle(page)
    return [float(value) for value in page.locator("[data-code]").get_attribute("data-code").split()]
