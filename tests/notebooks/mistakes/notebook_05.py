"""Typical wrong answers to the exercises of notebook 05, and what the check must say about each."""

STEPS = "def steps(n_images, batch_size, epochs): return "
CURES = "def cures(): return "
APART = "def standard_errors_apart(a, b):\n    gap, n, m = a.mean() - b.mean(), len(a), len(b)\n    return "
POOLED = APART.replace("return", "pooled = (((n - 1) * a.var() + (m - 1) * b.var()) / (n + m - 2)).sqrt()\n    return")
CHOOSE = "def choose(table):\n    groups = table.groupby('lr')\n    return "
DRAWS = "def draws_needed(share, probability):\n    q, p = share, probability\n    return "

MISTAKES = {
    "steps": [
        (STEPS + "n_images // batch_size * epochs", "smaller batch of an epoch"),
        (STEPS + "(n_images // batch_size + 1) * epochs", "come out even"),
        (STEPS + "595", "example's number"),
        (STEPS + "math.ceil(n_images * epochs / batch_size)", "before you multiply"),
        (STEPS + "n_images / batch_size * epochs", "a part of a step"),
        (STEPS + "math.ceil(n_images / batch_size)", "one epoch's steps"),
        (STEPS + "n_images * epochs", "whole batch of them"),
    ],
    "cures": [
        (CURES + "'train longer', 'train longer', 'lower rate', 'larger code'", "run A"),
        (CURES + "'more images', 'more images', 'lower rate', 'larger code'", "run B"),
        (CURES + "'more images', 'train longer', 'train longer', 'larger code'", "run C"),
        (CURES + "'more images', 'train longer', 'lower rate', 'train longer'", "run D"),
        (CURES + "'more data', 'train longer', 'lower rate', 'larger code'", "none of the four"),
        (CURES + "'more images'", "four answers"),
    ],
    "standard_errors_apart": [
        (APART + "-gap / (a.var() / n + b.var() / m).sqrt()", "the sign"),
        (APART + "abs(gap) / (a.var() / n + b.var() / m).sqrt()", "keep the sign"),
        (APART + "gap / (a.var() + b.var()).sqrt()", "steadier than one run"),
        (APART + "gap / (a.std() / n + b.std() / m).sqrt()", "under the root"),
        (POOLED + "gap / (pooled * (1 / n + 1 / m) ** 0.5)", "keeps its own"),
        (POOLED + "gap / pooled", "how sure the means are"),
        (APART + "gap", "difference itself"),
        (APART + "gap / (a.std() / n**0.5 + b.std() / m**0.5)", "do not add up"),
        (APART + "gap / (a.var() / n).sqrt()", "only one of the two"),
        (APART + "gap / (b.var() / m).sqrt()", "only b's mean"),
        (APART + "gap / (a.var() / n + b.var() / m)", "take its root"),
        (APART + "gap / (a.var(correction=0) / n + b.var(correction=0) / m).sqrt()", "n − 1"),
        (APART + "gap / ((a.var() + b.var()) / n).sqrt()", "5 and 4"),
    ],
    "choose": [
        (CHOOSE + "groups.train_error.mean().idxmin()", "learns by heart"),
        (CHOOSE + "groups.test_error.mean().idxmin()", "no longer a test"),
        (CHOOSE + "table.loc[table.val_error.idxmin(), 'lr']", "luckiest single run"),
        (CHOOSE + "groups.val_error.mean().idxmin()", "left out"),
        (CHOOSE + "groups.val_error.mean().idxmax()", "highest error"),
        (CHOOSE + "groups.val_error.agg(lambda e: e.std(skipna=False)).idxmin()", "steadiest"),
        (CHOOSE + "groups.val_error.mean().min()", "not its error"),
        (CHOOSE + "groups.val_error.mean()", "not a row or a column"),
    ],
    "draws_needed": [
        (DRAWS + "math.floor(math.log(1 - p) / math.log(1 - q))", "round up"),
        (DRAWS + "round(math.log(1 - p) / math.log(1 - q))", "to the nearest"),
        (DRAWS + "math.log(1 - p) / math.log(1 - q)", "nearly"),
        (DRAWS + "math.ceil(1 / q)", "on average"),
        (DRAWS + "math.ceil(p / q)", "do not add up"),
        (DRAWS + "math.ceil(math.log(1 - q) / math.log(1 - p))", "exchanged"),
        (DRAWS + "math.ceil(math.log(1 - p) / math.log(q))", "multiplied hits"),
        (DRAWS + "math.ceil(math.log(p) / math.log(1 - q))", "probability itself"),
    ],
}
