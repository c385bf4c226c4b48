"""Typical wrong answers to the exercises of notebook 01, and what the check must say about each."""

COUNT = "def count_parameters(sizes):\n    pairs = list(pairwise(sizes))\n    "
MERGE = "def merge_layers(a, b):\n    "
ANGLE = "def largest_angle(A, B):\n    Q_A, Q_B = torch.linalg.qr(A).Q, torch.linalg.qr(B).Q\n    "
GAUSS = (
    "def gaussian_log_likelihood(x, x_hat, v):\n"
    "    s = (x - x_hat).square().flatten(1).sum(1)\n"
    "    c = 392 * torch.log(torch.tensor(2 * torch.pi * v))\n    "
)

MISTAKES = {
    "count_parameters": [
        (COUNT + "return 2 * sum(a * b for a, b in pairs)", "left out the biases"),
        (COUNT + "return sum(a * b + b for a, b in pairs)", "encoder alone"),
        (COUNT + "return 2 * sum(a * b + b for a, b in pairs)", "the hidden layers and the pixels"),
        (COUNT + "return 2 * sum(a * b + a for a, b in pairs)", "the hidden layers and the code"),
    ],
    "merge_layers": [
        (MERGE + "return a.weight @ b.weight, b.weight @ a.bias + b.bias", "wrong way round: the first layer acts"),
        (MERGE + "return a.weight @ b.weight, a.weight @ b.bias + a.bias", "wrong way round in both"),
        (MERGE + "return b.weight @ a.weight, a.bias + b.bias", "passes through"),
        (MERGE + "return b.weight @ a.weight, b.bias", "lost the first layer's bias"),
        (MERGE + "return b.weight @ a.weight, b.weight @ a.bias", "lost the second layer's bias"),
        (MERGE + "return b.weight * a.weight, b.weight @ a.bias + b.bias", "entry by entry"),
        (MERGE + "return b.weight @ a.weight", "expected 2 values"),
    ],
    "largest_angle": [
        (ANGLE + "return torch.rad2deg(torch.arccos(torch.linalg.svdvals(Q_A.T @ Q_B).max()))", "smallest angle"),
        (ANGLE + "return torch.arccos(torch.linalg.svdvals(Q_A.T @ Q_B).min())", "radians"),
        (ANGLE + "return torch.linalg.svdvals(Q_A.T @ Q_B).min()", "cosine"),
        (ANGLE + "return torch.rad2deg(torch.arcsin(torch.linalg.svdvals(Q_A.T @ Q_B).min()))", "sine for the cosine"),
        ("def largest_angle(A, B): return torch.rad2deg(torch.arccos(torch.linalg.svdvals(A.T @ B).max()))", "NaN"),
        ("def largest_angle(A, B): return torch.linalg.svdvals(A.T @ B).min()", "columns that are not orthonormal"),
    ],
    "dead_units": [
        ("def dead_units(z): return (z == 0).any(0).sum()", "at least one image"),
        ("def dead_units(z): return (z == 0).all(1).sum()", "over the images"),
        ("def dead_units(z): return (z == 0).sum()", "whole column"),
        ("def dead_units(z): return (z > 0).any(0).sum()", "alive"),
        ("def dead_units(z): return (z > 0).all(0).sum()", "never zero"),
        ("def dead_units(z): return (z[0] == 0).sum()", "first image only"),
        ("def dead_units(z): return (z.std(0) == 0).sum()", "no spread"),
        ("def dead_units(z): return (z.mean(0) < 1e-3).sum()", "value 1 of 2"),
        ("def dead_units(z): return 2", "value 2 of 2"),
        ("def dead_units(z): return z == 0", "return one number"),
    ],
    "gaussian_log_likelihood": [
        (GAUSS + "return s / (2 * v) + c", "sign"),
        (GAUSS + "return -s / (2 * v)", "constant is missing"),
        (GAUSS + "return -s / (2 * v) - c / 784", "784 times"),
        (GAUSS + "return -s / v - c", "½"),
        (GAUSS + "return -s / (2 * v**0.5) - c", "standard deviation"),
        (GAUSS + "return -s / (2 * v**2) - 392 * torch.log(torch.tensor(2 * torch.pi * v**2))", "σ² already"),
        (GAUSS + "return (-s / (2 * v) - c) / 784", "averaged over the pixels"),
        (GAUSS + "return -s / (2 * v) + c", "wrong sign"),
        (GAUSS + "return -s / (2 * v) - 2 * c", "not D"),
        (GAUSS + "return -s * v / 2 - c", "not multiplied"),
    ],
}
