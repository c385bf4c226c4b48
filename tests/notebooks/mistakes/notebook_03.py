"""Typical wrong answers to the exercises of notebook 03, and what the check must say about each."""

PIXEL = "def per_image_error(e=0.0195): return "
SIGMA = "def best_sigma(e): return "
NATS = "def nats_per_image(l, x):\n    w, b, p = F.softplus(-l), F.softplus(l), torch.sigmoid(l)\n    return "
KL = (
    "def kl_from_logvar(mp, lp, mq, lq):\n"
    "    d = (mp - mq).square()\n"
    "    right = 0.5 * (lq - lp + (lp.exp() + d) / lq.exp() - 1)\n    return "
)
NORM = (
    "def log_normaliser(l):\n"
    "    s = torch.where(l == 0, 1.0, l)\n"
    "    C = torch.where(l == 0, 2.0, s / torch.tanh(s / 2))\n    return "
)

MISTAKES = {
    "per_image_error": [
        (PIXEL + "e * 784", "784 inside the frame"),
        (PIXEL + "e * 32", "one side"),
        (PIXEL + "e / 1024", "you divided"),
        (PIXEL + "e * (1024 - 784)", "240 black pixels"),
        (PIXEL + "e", "still the error per pixel"),
    ],
    "best_sigma": [
        (SIGMA + "e.mean() / 784", "that is the variance σ²"),
        (SIGMA + "(e.mean() / 784).log()", "variance's logarithm"),
        (SIGMA + "e.mean().sqrt()", "number of pixels"),
        (SIGMA + "(e.sum() / 784).sqrt()", "added the images' errors up"),
        (SIGMA + "(e / 784).sqrt().mean()", "averaged the roots"),
        (SIGMA + "e.mean().sqrt() / 784", "after the root"),
        (SIGMA + "(e.mean() / 2 / 784).sqrt()", "factor 2 too small"),
        (SIGMA + "(e.mean() * 2 / 784).sqrt()", "factor 2 too large"),
        (SIGMA + "(e / 784).sqrt()", "one σ for each image"),
    ],
    "nats_per_image": [
        (NATS + "-(x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(1)", "rounded to 0 or 1"),
        (NATS + "(x * w + (1 - x) * b).sum()", "one number for all images"),
        (NATS + "-(x * w + (1 - x) * b).flatten(1).sum(1)", "sign"),
        (NATS + "(x * w + (1 - x) * b).flatten(1).mean(1)", "averaged over the pixels"),
        (NATS + "(x * w).flatten(1).sum(1)", "second half is missing"),
        (NATS + "((1 - x) * b).flatten(1).sum(1)", "first half is missing"),
        (NATS + "(x * b + (1 - x) * w).flatten(1).sum(1)", "exchanged"),
        (NATS + "(x * w + (1 - x) * b).flatten(1).sum(1) / torch.log(torch.tensor(2.0))", "bits"),
        (NATS + "F.binary_cross_entropy(p, x, reduction='none').flatten(1).sum(1)", "cut the logarithm off"),
        (NATS + "F.binary_cross_entropy_with_logits(p, x, reduction='none').flatten(1).sum(1)", "applied twice"),
    ],
    "kl_from_logvar": [
        (KL + "-right.sum(1)", "never negative"),
        (KL + "2 * right.sum(1)", "factor ½ is missing"),
        (KL + "(lq - lp + (lp.exp() + d) / (2 * lq.exp()) - 0.5).sum(1)", "log σ is half"),
        (KL + "right.mean(1)", "averaged over the code units"),
        (KL + "(right + 0.5).sum(1)", "−1 is missing"),
        (KL + "(right - (lq - lp)).sum(1)", "sign of the logarithms"),
        (KL + "(0.5 * (lp - lq + (lq.exp() + d) / lp.exp() - 1)).sum(1)", "wrong way round"),
        (KL + "((lq / lp).abs().log() + (lp**2 + d) / (2 * lq**2) - 0.5).sum(1)", "for σ: exponentiate"),
        (KL + "(lq - lp + ((2 * lp).exp() + d) / (2 * (2 * lq).exp()) - 0.5).sum(1)", "don't square it again"),
        (KL + "(0.5 * (lq - lp + ((lp / 2).exp() + d) / (lq / 2).exp() - 1)).sum(1)", "where the variance belongs"),
        (KL + "(right - 0.5 * d / lq.exp()).sum(1)", "distance between the means"),
        (KL + "right", "one number for each unit"),
        (KL + "(right + 0.5).sum(1) - 0.5", "inside the sum"),
        (KL + "(right + 0.5 * ((mp - mq) - d) / lq.exp()).sum(1)", "must be squared"),
    ],
    "log_normaliser": [
        ("def log_normaliser(l): return (l / torch.tanh(l / 2)).log()", "0 / 0"),
        (
            NORM + "torch.where(l == 0, 2.0, s * (1 + s.exp()) / (s.exp() - 1) * (s * 8).exp() / (s * 8).exp()).log()",
            "±100",
        ),
        (NORM + "-C.log()", "area; the normaliser"),
        (NORM + "C", "that is C itself"),
        (NORM + "1 / C", "that is the area itself"),
        (NORM + "torch.where(l == 0, 1.0, s / torch.tanh(s)).log()", "half the logit"),
        (NORM + "(C / 2).log()", "factor 2 is missing"),
        (NORM + "C.log2()", "bits"),
    ],
}
