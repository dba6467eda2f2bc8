"""The programs that the project runs, wherever they can be had."""

from machine.toolchain.ensure import VARIABLE, Provided, Source, Toolchain

__all__ = ["VARIABLE", "Provided", "Source", "Toolchain"]
