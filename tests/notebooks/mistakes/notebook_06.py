"""Typical wrong answers to the exercises of notebook 06, and what the check must say about each."""

STEP = "def train_step(model, optimizer, batch):\n    error = squared_error(model, batch)['squared_error']\n    "
BACK = "optimizer.zero_grad(); error.backward(); optimizer.step()\n    "
STOPS = (
    "def patience_stops(train, val, patience):\n"
    "    best, kept, bad = math.inf, 0, 0\n"
    "    for epoch, error in enumerate({errors}, 1):\n"
    "        if error {better} best:\n"
    "            best, kept, bad = error, epoch, {start}\n"
    "        else:\n"
    "            bad += 1\n"
    "            if bad {enough}: break\n"
    "    return {answer}"
)
LAST = (
    "def patience_stops(train, val, patience):\n"
    "    last, kept, bad = math.inf, 0, 0\n"
    "    for epoch, error in enumerate(val, 1):\n"
    "        bad = 0 if error < last else bad + 1\n"
    "        {}\n"
    "        last = error\n"
    "        if bad >= patience: break\n"
    "    return epoch, kept"
)
RIGHT = {"errors": "val", "better": "<", "start": "0", "enough": ">= patience", "answer": "epoch, kept"}
AVERAGE = (
    "def epoch_average(errors, sizes):\n    total = sum(e * n for e, n in zip(errors, sizes, strict=True))\n    return "
)
CAUSE = "def diagnose(): return "
ADAM = (
    "def adam_step(theta, g, m, s, t, lr):\n"
    "    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2\n"
    "    m_hat, s_hat = m / (1 - 0.9**t), s / (1 - 0.999**t)\n    return "
)


def stops(**changed):
    return STOPS.format(**RIGHT | changed)


MISTAKES = {
    "train_step": [
        (STEP + "error.backward(); optimizer.step()\n    return error.item()", "zero_grad is missing"),
        (STEP + "optimizer.step(); error.backward()\n    return error.item()", "gradients of the call before"),
        (
            STEP + "optimizer.zero_grad(); optimizer.step(); error.backward()\n    return error.item()",
            "has just cleared",
        ),
        (STEP + "error.backward(); optimizer.zero_grad(); optimizer.step()\n    return error.item()", "wipes out"),
        (STEP + "optimizer.zero_grad(); error.backward()\n    return error.item()", "step is missing"),
        (STEP + "error = error.item()\n    " + BACK + "return error", "made a Python number"),
        (STEP + "error = error.detach()\n    " + BACK + "return error.item()", "look for detach()"),
        (STEP + "error = squared_error(model, batch)\n    " + BACK + "return error", "returns a dictionary"),
        (STEP + "error = error / 4\n    " + BACK + "return error.item()", "averaged over the pixels too"),
        (STEP + "error = error * len(batch)\n    " + BACK + "return error.item()", "summed over the images"),
        (
            STEP
            + "error = (batch - model.decode(model.encode(batch).detach())).square().flatten(1).sum(1).mean()\n    "
            + BACK
            + "return error.item()",
            "encoder does not move",
        ),
        (
            STEP + BACK + "return squared_error(model, batch)['squared_error'].item()",
            "error after the step",
        ),
        (STEP + BACK + "return error", "keeps the whole graph alive"),
        (STEP + BACK, "nothing was returned"),
        (STEP + BACK + "return squared_error(model, batch)", "returned the dictionary"),
        (STEP + BACK + "optimizer.step(); return error.item()", "stands there twice"),
        (
            STEP + "optimizer.zero_grad(); (-error).backward(); optimizer.step()\n    return error.item()",
            "walks uphill",
        ),
        (STEP + BACK + "return 2 * error.item()", "the error at the first call is not"),
        (
            STEP + BACK + "train_step.n = getattr(train_step, 'n', 0) + 1\n    return error.item() * train_step.n",
            "the error at the second call is not",
        ),
    ],
    "patience_stops": [
        (stops(enough="> patience"), "too late"),
        (stops(enough=">= max(patience - 1, 1)"), "too early"),
        (stops(answer="epoch, epoch"), "last epoch's weights"),
        (stops(errors="train"), "training errors"),
        (stops(start="bad"), "start again"),
        (stops(better="<="), "an equal error"),
        (stops(enough="< 0", answer="len(val), kept"), "not cut"),
        (stops(answer="epoch - 1, kept - 1"), "count from 1"),
        (stops(answer="kept, epoch"), "exchanged"),
        (stops(answer="epoch"), "two numbers"),
        (stops(answer="epoch, best"), "the epoch's number, not its error"),
        (stops(answer="epoch - 1, kept"), "subtracted one"),
        (stops(answer="(epoch - 1 if bad >= patience else epoch), kept"), "so it counts"),
        (LAST.format("if not bad: kept = epoch"), "not with the epoch before"),
    ],
    "epoch_average": [
        (AVERAGE + "sum(errors) / len(errors)", "unweighted mean"),
        (AVERAGE + "errors[-1]", "last batch only"),
        (AVERAGE + "sum(errors)", "sum of the batches' means"),
        (AVERAGE + "total", "divide by their number"),
        (AVERAGE + "total / len(sizes)", "number of batches"),
        (AVERAGE + "total / (len(sizes) * sizes[0])", "full batches"),
        (AVERAGE + "sum(errors) / sum(sizes)", "means of batches"),
        (
            AVERAGE + "(total - errors[-1] * sizes[-1]) / sum(sizes[:-1])",
            "left out",
        ),
    ],
    "diagnose": [
        (CAUSE + "'decoder left out', 'rate too high', 'overfitting'", "run A does move"),
        (CAUSE + "'rate too high', 'overfitting', 'decoder left out'", "run B never falls"),
        (CAUSE + "'overfitting', 'decoder left out', 'rate too high'", "the mean image's 52"),
        (CAUSE + "'rate too high', 'not trained for long enough', 'overfitting'", "run B does not move"),
        (CAUSE + "'rate too high', 'decoder left out', 'not trained for long enough'", "better early on"),
        (CAUSE + "'rate too high', 'decoder left out', 'forgotten eval'", "rises steadily"),
        (CAUSE + "'too fast', 'decoder left out', 'overfitting'", "not in the list"),
        (CAUSE + "'overfitting'", "three names"),
    ],
    "adam_step": [
        (ADAM + "theta - lr * m / (s.sqrt() + 1e-8), m, s", "correction of the start"),
        (ADAM + "theta - lr * m_hat / (s_hat + 1e-8).sqrt(), m, s", "inside the root"),
        (ADAM + "theta - lr * m_hat / (s_hat + 1e-8), m, s", "root is missing"),
        (ADAM + "theta + lr * m_hat / (s_hat.sqrt() + 1e-8), m, s", "uphill"),
        (ADAM.replace("g**2", "g.abs()") + "theta - lr * m_hat / (s_hat.sqrt() + 1e-8), m, s", "average"),
        (
            ADAM.replace("0.999", "B")
            .replace("0.001", "C")
            .replace("0.9", "0.999")
            .replace("0.1", "0.001")
            .replace("B", "0.9")
            .replace("C", "0.1")
            + "theta - lr * m_hat / (s_hat.sqrt() + 1e-8), m, s",
            "exchanged",
        ),
        (ADAM.replace("**t", "**(t + 1)") + "theta - lr * m_hat / (s_hat.sqrt() + 1e-8), m, s", "one too high"),
        (ADAM + "theta - lr * m_hat / (s_hat.sqrt() + 1e-8), m_hat, s_hat", "corrected averages"),
        (ADAM + "theta - lr * g / (s_hat.sqrt() + 1e-8), m, s", "gradient itself"),
        (ADAM + "theta - lr * m_hat / (s_hat.sqrt() + 1e-8)", "three tensors"),
        (ADAM.replace("**t", "*t") + "theta - lr * m_hat / (s_hat.sqrt() + 1e-8), m, s", "a power, not a product"),
        (
            ADAM.replace("0.9 * m + 0.1 * g", "0.1 * m + 0.9 * g").replace("0.999 * s + 0.001", "0.001 * s + 0.999")
            + "theta - lr * m_hat / (s_hat.sqrt() + 1e-8), m, s",
            "so for s",
        ),
        (
            ADAM.replace("0.9 * m + 0.1 * g", "0.1 * m + 0.9 * g") + "theta - lr * m_hat / (s_hat.sqrt() + 1e-8), m, s",
            "in m, 0.9 goes to the old average",
        ),
        (ADAM + "theta - lr * m_hat / s_hat.sqrt(), m, s", "ε is missing"),
    ],
}
