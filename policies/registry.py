"""All rules: what the files of `policies.rules` give as `RULES`, in the order of their ids."""

from __future__ import annotations

import importlib
import pkgutil

from policies import rules
from policies.rule import Rule


def _all() -> tuple[Rule, ...]:
    files = sorted(module.name for module in pkgutil.iter_modules(rules.__path__))
    modules = [importlib.import_module(f"{rules.__name__}.{name}") for name in files]
    return tuple(sorted((rule for module in modules for rule in module.RULES), key=lambda rule: rule.id))


ALL_RULES = _all()
