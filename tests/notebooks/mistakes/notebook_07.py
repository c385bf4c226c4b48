"""Typical wrong answers to the exercises of notebook 07, and what the check must say about each."""

COPIES = (
    "def share_of_copies(pictures, x_train, limit):\n"
    "    d = torch.cdist(pictures.flatten(1), x_train.flatten(1)).square()\n    return "
)
CIRCLE = (
    "def great_circle_step(a, b, t):\n    p, q = a / a.norm(), b / b.norm()\n"
    "    omega, length = torch.arccos(torch.dot(p, q)), (1 - t) * a.norm() + t * b.norm()\n"
    "    arc = lambda x, y: (torch.sin((1 - t) * omega) * x + torch.sin(t * omega) * y) / torch.sin(omega)\n    return "
)
TEMPERATURE = "def temperature(t): return "
TRANSLATE = (
    "def translate(z, other, z_new):\n"
    "    ones = lambda c: torch.cat([c, torch.ones(len(c), 1, dtype=c.dtype)], 1)\n    return "
)
OVERLAP = "def corrected_overlap(overlap, k, n): return "

MISTAKES = {
    "odd_place": [
        ("def odd_place(): return [-1.15, 1000.0]", "unit 2 is 1000.00, outside the map"),
        ("def odd_place(): return [0.0, 0.0]", "look for more than twice"),
        ("def odd_place(): return [-1.15]", "has two code units"),
        (
            "from aeutils.evaluation import encode\n"
            "def odd_place():\n"
            "    z, images = encode(check.small_model(), ae.load('mnist-5k').train.x), None\n"
            "    return z[(z - z.median(0).values).norm(dim=1).argmin()].tolist()",
            "the code of a training image",
        ),
    ],
    "share_of_copies": [
        (COPIES + "(d.min() < limit).float().mean()", "per picture, over axis 1"),
        (COPIES + "(d.min(1).values < limit).sum()", "divide by the number"),
        (COPIES + "(d.min(1).values > limit).float().mean()", "further away"),
        (COPIES + "(d.min(1).values.sqrt() < limit).float().mean()", "the root of it"),
        (COPIES + "(d < limit).float().mean()", "share of pairs"),
        (COPIES + "(d.min(0).values < limit).float().mean()", "the other axis"),
        (COPIES + "d.min(1).values < limit", "one answer for each picture"),
    ],
    "great_circle": [
        ("def great_circle_step(a, b, t): return (1 - t) * a + t * b", "that is the straight line"),
        (CIRCLE + "arc(a, b)", "formula for equal lengths"),
        (CIRCLE + "arc(p, q)", "that is the direction"),
        (CIRCLE + "a.norm() * arc(p, q)", "first code's length"),
        (
            "def great_circle_step(a, b, t):\n    way = (1 - t) * a + t * b\n"
            "    return way / way.norm() * ((1 - t) * a.norm() + t * b.norm())",
            "straight line, stretched",
        ),
        (CIRCLE + "length * arc(q, p)", "two weights are exchanged"),
        (CIRCLE + "length * arc(p, q) * torch.sin(omega)", "division by sin"),
        (
            CIRCLE.replace("torch.dot(p, q)", "torch.dot(a, b)") + "length * arc(p, q)",
            "divide the product by both norms",
        ),
        (CIRCLE.replace("torch.dot(p, q)", "9 * torch.dot(a, b)") + "length * arc(p, q)", "NaN"),
    ],
    "temperature": [
        (TEMPERATURE + "(1 - t) ** 2 + t**2", "that is the variance"),
        (TEMPERATURE + "(1 - t) + t", "don't add up"),
        (TEMPERATURE + "abs(1 - 2 * t)", "if b were"),
        (TEMPERATURE + "1 - t", "one of the two draws"),
        (TEMPERATURE + "1 - 2 * (1 - 0.5**0.5) * min(t, 1 - t)", "two thirds of the way down"),
        (TEMPERATURE + "0.5**0.5", "at t = 0 it must be 1"),
    ],
    "translate": [
        (TRANSLATE + "z_new @ torch.linalg.lstsq(z, other).solution", "constant is missing"),
        (TRANSLATE + "ones(z_new) @ torch.linalg.lstsq(ones(other), z).solution", "wrong way"),
        (
            TRANSLATE + "(z_new - z.mean(0)) @ torch.linalg.lstsq(z - z.mean(0), other - other.mean(0)).solution",
            "not moved back",
        ),
        (
            TRANSLATE + "other.mean(0) + (z_new - z_new.mean(0)) @ "
            "torch.linalg.lstsq(z - z.mean(0), other - other.mean(0)).solution",
            "centred by its own mean",
        ),
        (TRANSLATE + "ones(z) @ torch.linalg.lstsq(ones(z), other).solution", "translate z_new"),
    ],
    "corrected_overlap": [
        (OVERLAP + "overlap", "uncorrected"),
        (OVERLAP + "k / (n - 1)", "the chance itself"),
        (OVERLAP + "overlap - k / (n - 1)", "at best it must be 1"),
        (OVERLAP + "(overlap - k / n) / (1 - k / n)", "its own neighbour"),
        (OVERLAP + "overlap / (k / (n - 1))", "how many times chance"),
        (OVERLAP + "overlap - k / n", "so chance is k in n − 1; and at best"),
        (OVERLAP + "max(0.0, overlap - k / (n - 1)) / (1 - k / (n - 1))", "don't clip it at 0"),
    ],
}
