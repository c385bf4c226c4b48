"""Typical wrong answers to the exercises of notebook 02, and what the check must say about each."""

WIDTH = "def equal_width(n, k): return "
TIED = "def count_tied(sizes):\n    w = sum(a * b for a, b in pairwise(sizes))\n    return "
SUM = (
    "def summed_forward(z, hidden, last):\n"
    "    h, outs, raw = z, [], []\n"
    "    for layer in hidden:\n"
    "        raw.append(layer(h))\n"
    "        h = F.relu(raw[-1])\n"
    "        outs.append(h)\n"
    "    after = lambda t: last(F.relu(hidden[-1](t)))\n    return "
)
COLLAPSE = "def collapse(layers):\n    (A, a), (B, b), (C, c) = [(x.weight, x.bias) for x in layers]\n    return "
UNSHUFFLE = "def unshuffle(first, last, order):\n    back = order.argsort()\n    return "

MISTAKES = {
    "equal_width": [
        (WIDTH + "n // (2 * 784 + 2 * k)", "left the biases out"),
        (WIDTH + "(n - k) // (784 + k + 1)", "encoder alone"),
        (WIDTH + "(n - 784 - k) // (2 * 784 + 2 * k + 2) + 1", "one too many"),
        (WIDTH + "round((n - 784 - k) / (2 * 784 + 2 * k + 2))", "not to the nearest"),
        (WIDTH + "(n - 784) // (2 * 784 + 2 * k + 2)", "biases of the code are missing"),
        (WIDTH + "(n - k) // (2 * 784 + 2 * k + 2)", "biases of the pixels are missing"),
        (WIDTH + "(n - 784 - k) / (2 * 784 + 2 * k + 2)", "with //"),
        (WIDTH + "n // (2 * 784 + 2 * k + 2)", "whatever the width"),
        (WIDTH + "(n - 784 - k) // (2 * 784 + 2 * k + 1)", "one on each side"),
        (WIDTH + "79", "value 2 of 6"),
    ],
    "count_tied": [
        (TIED + "2 * w + sum(sizes[1:]) + sum(sizes[:-1])", "borrows the encoder's"),
        (TIED + "w + sum(sizes[1:])", "decoder's biases are missing"),
        (TIED + "w + sum(sizes[:-1])", "encoder's biases are missing"),
        (TIED + "w", "left out the biases"),
        (TIED + "(2 * w + sum(sizes[1:]) + sum(sizes[:-1])) // 2", "halves the biases"),
        (TIED + "w + 2 * sum(sizes[1:])", "hidden layers and the pixels"),
    ],
    "summed_forward": [
        (SUM + "last(h)", "plain chain"),
        (SUM + "last(sum(outs))", "is in your sum"),
        (SUM + "last(hidden[-1](sum(outs[:-1])))", "activation is missing"),
        (SUM + "last(F.relu(sum(outs[:-1])))", "last hidden layer is missing"),
        (SUM + "after(sum(outs[:-1]) / len(outs[:-1]))", "averaged"),
        (SUM + "after(F.relu(sum(raw[:-1])))", "before their ReLU"),
        (SUM + "after(sum(outs[1:-1]))", "second hidden layer"),
        (SUM + "after(sum(outs))", "in the sum and after it"),
        (
            "def summed_forward(z, hidden, last):\n"
            "    h, total = z, 0\n"
            "    for i, layer in enumerate(hidden[:-1]):\n"
            "        h = layer(h) if i == 0 else F.relu(layer(h))\n"
            "        total = total + h\n"
            "    return last(F.relu(hidden[-1](F.relu(total))))",
            'linear="first"',
        ),
        (
            "def summed_forward(z, hidden, last):\n"
            "    h, total = z, 0\n"
            "    for layer in hidden[:-1]:\n"
            "        h = layer(h)\n"
            "        total = total + h\n"
            "    return last(F.relu(hidden[-1](F.relu(total))))",
            "needs its ReLU",
        ),
        (
            "def summed_forward(z, hidden, last):\n"
            "    h, total = z, 0\n"
            "    for layer in hidden[:-1]:\n"
            "        h = F.relu(layer(h))\n"
            "        total = h = total + h\n"
            "    return last(F.relu(hidden[-1](total)))",
            "sum so far",
        ),
    ],
    "collapse": [
        (COLLAPSE + "A @ B @ C, C @ (B @ a + b) + c", "stands on the right"),
        (COLLAPSE + "A @ B @ C, A @ (B @ c + b) + a", "last layer acting first"),
        (COLLAPSE + "C @ B @ A, a + b + c", "added the biases up"),
        (COLLAPSE + "C @ B @ A, c", "only the last bias"),
        (COLLAPSE + "C @ B @ A, C @ B @ a", "only the first bias is there"),
        (COLLAPSE + "C @ B @ A, C @ B @ A @ (B @ A @ a + b) + c", "not through the product so far"),
        (COLLAPSE + "B @ A, B @ a + b", "after two layers"),
        (COLLAPSE + "C @ B @ A, C @ (B @ (a + b) + c)", "not before"),
        (COLLAPSE + "C @ B @ A, C @ B @ A @ (a + b + c)", "after its own only"),
        (COLLAPSE + "C @ B @ A", "return two things"),
    ],
    "unshuffle": [
        (UNSHUFFLE + "first.weight[:, order], last.weight[order], last.bias[order]", "once more"),
        (UNSHUFFLE + "first.weight, last.weight, last.bias", "nothing was moved"),
        (UNSHUFFLE + "first.weight[:, back], last.weight[order], last.bias[order]", "one of yours"),
        (UNSHUFFLE + "first.weight[:, order], last.weight[back], last.bias[back]", "the first layer of yours"),
        (UNSHUFFLE + "first.weight[:, back], last.weight[back], last.bias[order]", "inverse permutation too"),
        (UNSHUFFLE + "first.weight[:, back], last.weight[back], last.bias", "bias belongs to pixels"),
        (UNSHUFFLE + "first.weight[:, back], last.weight, last.bias", "now the last one"),
        (UNSHUFFLE + "first.weight, last.weight[back], last.bias[back]", "now the first one"),
        (UNSHUFFLE + "first.weight[back], last.weight[back], last.bias[back]", "moved its rows"),
        (UNSHUFFLE + "first.weight[:, back], last.weight[:, back], last.bias[back]", "moved its columns"),
    ],
}
