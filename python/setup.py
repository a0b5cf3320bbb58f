"""The wheel holds a program of one system, and any Python 3 starts it. publish.sh names version and system."""

import os

from setuptools import setup
from setuptools.dist import Distribution
from wheel.bdist_wheel import bdist_wheel


class WithProgram(Distribution):
    def has_ext_modules(self) -> bool:
        return True


class AnyPython(bdist_wheel):
    def get_tag(self) -> tuple:
        return "py3", "none", os.environ.get("LLMSIM_WHEEL_PLATFORM") or super().get_tag()[2]


setup(
    version=os.environ.get("LLMSIM_WHEEL_VERSION", "0"),
    distclass=WithProgram,
    cmdclass={"bdist_wheel": AnyPython},
)
