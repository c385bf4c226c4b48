"""Typical wrong answers to the exercises of notebook 00, and what the check must say about each."""

MISTAKES = {
    "squared_error_per_image": [
        ("def squared_error_per_image(x, x_hat): return (x - x_hat).square().flatten(1).mean(1)", "factor of 784"),
        ("def squared_error_per_image(x, x_hat): return (x - x_hat).flatten(1).sum(1)", "without squaring"),
        ("def squared_error_per_image(x, x_hat): return (x - x_hat).abs().flatten(1).sum(1)", "absolute"),
        ("def squared_error_per_image(x, x_hat): return (x - x_hat).flatten(1).norm(dim=1)", "square root"),
        ("def squared_error_per_image(x, x_hat): return (x - x_hat).flatten(1).sum(1) ** 2", "summed first"),
        ("def squared_error_per_image(x, x_hat): return (x - x_hat).square().sum()", "keep the first axis"),
        ("def squared_error_per_image(x, x_hat): return (x - x_hat).square()", "expected shape [5]"),
        ("def squared_error_per_image(x, x_hat): return (x - x_hat) @ 'x'", "raised"),
    ],
    "components_for": [
        ("def components_for(v, share): return int((v.cumsum(0) / v.sum() < share).sum())", "one more"),
        ("def components_for(v, share): return int((v.cumsum(0) / v.sum() <= share).sum()) + 1", ">="),
        (
            "def components_for(v, share):\n"
            "    d = v.sqrt()\n"
            "    return int((d.cumsum(0) / d.sum() < share).sum()) + 1",
            "standard deviations",
        ),
        ("def components_for(v, share): return int((v / v.sum() >= share).sum())", "add them up first"),
        ("def components_for(v, share): return int((v.cumsum(0) < share).sum()) + 1", "not yet a share"),
        ("def components_for(v, share): return v.cumsum(0) / v.sum() < share", "return one number"),
    ],
    "numbers_to_store": [
        ("def numbers_to_store(n, k): return n * k", "without the decoder"),
        ("def numbers_to_store(n, k): return n * k + k * 256 + 256 * 784", "biases"),
        (
            "def numbers_to_store(n, k):\n"
            "    return n * k + k * 256 + 256 + 256 * 784 + 784 + 784 * 256 + 256 + 256 * k + k",
            "also keep the encoder",
        ),
        ("def numbers_to_store(n, k): return k * 256 + 256 + 256 * 784 + 784", "the codes must be kept too"),
    ],
}
