"""Typical wrong answers to the exercises of notebook 07, and what the check must say about each."""

COPIES = (
    "def share_of_copies(pictures, x_train, limit):\n"
    "    d = torch.cdist(pictures.flatten(1), x_train.flatten(1)).square()\n    return "
)
CIRCLE = (
    "def great_circle_step(a, b, t):\n    omega = torch.arccos(torch.dot(a, b) / (a.norm() * b.norm()))\n    return "
)
TEMPERATURE = "def temperature(t): return "
TRANSLATE = (
    "def translate(z, other, z_new):\n"
    "    ones = lambda c: torch.cat([c, torch.ones(len(c), 1, dtype=c.dtype)], 1)\n    return "
)
OVERLAP = "def corrected_overlap(overlap, k, n): return "

MISTAKES = {
    "share_of_copies": [
        (COPIES + "(d.min(1).values < limit).sum()", "divide by the number"),
        (COPIES + "(d.min(1).values > limit).float().mean()", "further away"),
        (COPIES + "(d.min(1).values.sqrt() < limit).float().mean()", "the root of it"),
        (COPIES + "(d < limit).float().mean()", "share of pairs"),
        (COPIES + "(d.min(0).values < limit).float().mean()", "the other axis"),
        (COPIES + "d.min(1).values < limit", "one answer for each picture"),
    ],
    "great_circle": [
        ("def great_circle_step(a, b, t): return (1 - t) * a + t * b", "that is the straight line"),
        (
            "def great_circle_step(a, b, t):\n    way = (1 - t) * a + t * b\n"
            "    return way / way.norm() * ((1 - t) * a.norm() + t * b.norm())",
            "stretched",
        ),
        (
            CIRCLE + "(torch.sin(t * omega) * a + torch.sin((1 - t) * omega) * b) / torch.sin(omega)",
            "exchanged",
        ),
        (CIRCLE + "torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b", "division by sin"),
    ],
    "temperature": [
        (TEMPERATURE + "(1 - t) ** 2 + t**2", "that is the variance"),
        (TEMPERATURE + "(1 - t) + t", "don't add up"),
        (TEMPERATURE + "abs(1 - 2 * t)", "if b were"),
        (TEMPERATURE + "1 - t", "one of the two draws"),
    ],
    "translate": [
        (TRANSLATE + "z_new @ torch.linalg.lstsq(z, other).solution", "constant is missing"),
        (TRANSLATE + "ones(z_new) @ torch.linalg.lstsq(ones(other), z).solution", "wrong way"),
        (
            TRANSLATE + "(z_new - z.mean(0)) @ torch.linalg.lstsq(z - z.mean(0), other - other.mean(0)).solution",
            "not moved back",
        ),
        (TRANSLATE + "ones(z) @ torch.linalg.lstsq(ones(z), other).solution", "translate z_new"),
    ],
    "corrected_overlap": [
        (OVERLAP + "overlap", "uncorrected"),
        (OVERLAP + "k / (n - 1)", "the chance itself"),
        (OVERLAP + "overlap - k / (n - 1)", "at best it must be 1"),
        (OVERLAP + "(overlap - k / n) / (1 - k / n)", "its own neighbour"),
        (OVERLAP + "overlap / (k / (n - 1))", "how many times chance"),
    ],
}
