"""Typical wrong answers to the exercises of notebook 04, and what the check must say about each."""

BETA = "def effective(w=0.01, pixels=64 * 64, units=32): return "
KL = "def kl_of_codes(m, l):\n    right = 0.5 * (m.square() + l.exp() - 1 - l)\n    return "
DRAW = "def draw_codes(m, l):\n    s = (l / 2).exp()\n    return "
UNITS = "def predict_units(e, k, beta):\n    s2 = beta / 2\n    h = e[:k][e[:k] > s2]\n    return "
ELBO = (
    "def elbo_per_image(x, x_hat, kl, sigma):\n"
    "    E = squared_errors(x, x_hat)\n"
    "    c = 392 * torch.log(torch.tensor(2 * torch.pi * sigma**2))\n"
    "    v = 2 * sigma**2\n    return "
)

MISTAKES = {
    "effective": [
        (BETA + "(w * pixels, w * pixels / 2)", "mean over the code units too"),
        (BETA + "(w * pixels * units, w * pixels * units / 2)", "smaller, not larger"),
        (BETA + "(units / (w * pixels), units / (w * pixels) / 2)", "ratio is upside down"),
        (BETA + "(w * units / pixels, w * units / pixels / 2)", "b = w / units it is β = b / a"),
        (BETA + "(1.28, 0.64)", "first example only"),
        (BETA + "(pixels / units, pixels / units / 2)", "w is missing"),
        (BETA + "(w / units, w / units / 2)", "mean over pixels is missing"),
        (BETA + "(w * pixels / units, 2 * w * pixels / units)", "half of it"),
        (BETA + "(w * pixels / units, w * pixels / units)", "σ² is not β"),
        (BETA + "(w * pixels / units, (w * pixels / units / 2) ** 0.5)", "not σ"),
        (BETA + "w * pixels / units", "two numbers"),
    ],
    "kl_of_codes": [
        (KL + "0.5 * (m.square() + l.exp() - 1 - l / 2).sum(1)", "log σ is half of log σ²"),
        (KL + "0.5 * (m.square() + l.exp().square() - 1 - l).sum(1)", "don't square it"),
        (KL + "-right.sum(1)", "never negative"),
        (KL + "2 * right.sum(1)", "factor ½ is missing"),
        (KL + "right.mean(1)", "averaged over the code units"),
        (KL + "right.sum(1).mean()", "average over the images"),
        (KL + "right.sum()", "all images together"),
        (KL + "right", "one number for each unit"),
        (KL + "right.sum(0)", "summed over the images"),
        (KL + "0.5 * (m**2 + l**2 - 1 - (l**2).log()).sum(1)", "for σ: exponentiate"),
        (KL + "0.5 * (m**2 + l - 1 - l).sum(1)", "for the variance"),
        (KL + "0.5 * (m**2 + (2 * l).exp() - 1 - 2 * l).sum(1)", "don't square it again"),
        (KL + "0.5 * (m**2 + (l / 2).exp() - 1 - l).sum(1)", "the formula wants σ²"),
        (KL + "(right + l).sum(1)", "sign of the logarithm"),
        (KL + "(right + 0.5).sum(1)", "−1 is missing"),
        (KL + "0.5 * ((m**2 + l.exp() - l).sum(1) - 1)", "inside the sum"),
        (KL + "0.5 * (m + l.exp() - 1 - l).sum(1)", "must be squared"),
        (KL + "0.5 * (l.exp() - 1 - l).sum(1)", "mean is missing"),
    ],
    "draw_codes": [
        (DRAW + "m + torch.randn_like(m)", "without scaling"),
        (DRAW + "m + l * torch.randn_like(m)", "log-variance for σ"),
        (DRAW + "m + l.exp() * torch.randn_like(m)", "by the variance"),
        (DRAW + "m + (l / 4).exp() * torch.randn_like(m)", "root of σ"),
        (DRAW + "m + s * torch.rand_like(m)", "uniform"),
        (DRAW + "m + torch.randn_like(m) / s", "divided by σ"),
        (DRAW + "s * torch.randn_like(m)", "mean is missing"),
        (DRAW + "m + s * torch.randn(m.shape[1])", "all images share"),
        (DRAW + "m + s * torch.randn(len(m), 1)", "units of a code share"),
        (DRAW + "m + 0 * s", "nothing is random"),
        (DRAW + "Normal(m, s).sample()", "no gradient flows"),
        (DRAW + "m + s.detach() * torch.randn_like(m)", "reaches the log-variance"),
        (DRAW + "(m + s * torch.randn_like(m)).mean(0)", "one code for each image"),
    ],
    "predict_units": [
        (UNITS + "len(h), (h / s2).log() / 2", "one KL for each unit"),
        (UNITS + "(int((e[:k] > beta).sum()), (e[:k][e[:k] > beta] / beta).log().sum() / 2)", "you took β for σ²"),
        (
            UNITS + "(int((e[:k] > 2 * beta).sum()), (e[:k][e[:k] > 2 * beta] / (2 * beta)).log().sum() / 2)",
            "not twice",
        ),
        (UNITS + "(int((e > s2).sum()), (e[e > s2] / s2).log().sum() / 2)", "only k units"),
        (UNITS + "(len(h), (h / s2).log().sum())", "factor ½"),
        (UNITS + "(len(h), (h / s2).log2().sum() / 2)", "bits"),
        (UNITS + "(len(h), (e[:k] / s2).log().sum() / 2)", "silent units cost nothing"),
        (UNITS + "(len(h), (h / s2 - 1).sum() / 2)", "saves in reconstruction"),
        (UNITS + "len(h)", "two numbers"),
    ],
    "elbo_per_image": [
        (ELBO + "-E / 784 / (2 * sigma**2) - c - kl", "averaged the squares"),
        (ELBO + "-E / (2 * sigma**2) - 2 * c - kl", "half of yours"),
        (
            ELBO + "-E / (2 * sigma**2) - 392 * torch.log(torch.tensor(2 * torch.pi * sigma)) - kl",
            "the variance, not 2πσ",
        ),
        (ELBO + "E / v + c + kl", "negative ELBO"),
        (ELBO + "-E / v - c + kl", "KL is subtracted"),
        (ELBO + "-E / v - c", "KL is missing"),
        (ELBO + "E / v - c - kl", "squared error has the wrong sign"),
        (ELBO + "-E / v + c - kl", "constant has the wrong sign"),
        (ELBO + "-E / v - kl", "constant is missing"),
        (ELBO + "-E - kl", "only at σ² = ½"),
        (ELBO + "-E / sigma**2 - c - kl", "factor ½"),
        (ELBO + "-E / (2 * sigma) - c - kl", "not by 2σ"),
        (ELBO + "-E / v - c / 784 - kl", "each of the 784 pixels"),
        (ELBO + "(-E / v - c) / 784 - kl", "averaged over the pixels"),
        (ELBO + "(-E / v - c - kl).mean()", "keep the first axis"),
    ],
}
