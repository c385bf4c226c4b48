"""The last step of set-up: can everything that `pyproject.toml` asks for be imported from this environment?

What pip calls installed may lie elsewhere or be broken; this notices before the environment is called ready. As a side
effect matplotlib lists the fonts, which takes a while the first time and would otherwise show up in a notebook.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module, metadata


def canonical(name: str) -> str:
    """A package's name as PyPI compares it: `ruamel.yaml` and `Ruamel_YAML` are both `ruamel-yaml`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def troubles(package: str, extras: frozenset[str] = frozenset({"test"})) -> list[str]:
    """One line for each requirement of an installed package, and of these extras, that cannot be imported."""
    extra = {line: re.search(r"""extra == ["'](\w+)""", line) for line in metadata.requires(package) or []}
    wanted = [line for line, found in extra.items() if not found or found[1] in extras]
    names = {canonical(re.split(r"[^\w.-]", line)[0]) for line in [package, *wanted]}
    modules: dict[str, list[str]] = {name: [] for name in names}
    for module, owners in metadata.packages_distributions().items():
        for owner in {canonical(owner) for owner in owners} & names:
            modules[owner] += [module] * (not module.startswith("_"))
    found = []
    for name in sorted(names):
        if not modules[name]:
            found.append(f"{name}: it is not here")
        for module in modules[name]:
            try:
                import_module(module)
            except Exception as error:  # whatever it is, the others are wanted too
                found.append(f"{name}: {type(error).__name__}: {' '.join(str(error).split())}")
                break
    return found


if __name__ == "__main__":
    lines = troubles("aeutils")
    for line in lines:
        print(f"Installed, but it cannot be used: {line}")
    if "matplotlib" in sys.modules:
        import_module("matplotlib.font_manager")  # writes its list of fonts
    sys.exit(bool(lines))
