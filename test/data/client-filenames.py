"""How a client reads file names: lines of `PROJECT FILENAME` in, the version or an empty line out.

The name of the client is the first argument; `pip` is whichever this Python has.
"""

import sys


def pip():
    from pip._internal.index.package_finder import LinkEvaluator, LinkType
    from pip._internal.models import wheel
    from pip._internal.models.link import Link
    from pip._internal.models.target_python import TargetPython
    from pip._vendor.packaging.version import InvalidVersion, Version

    # Of every platform.
    wheel.Wheel.supported = lambda _self, _tags: True
    # pip takes `-py3.9` off a version where it runs on that Python.
    target = TargetPython(py_version_info=(3, 9))
    evaluators = {}

    def read(project, filename):
        if project not in evaluators:
            evaluators[project] = LinkEvaluator(
                project_name=project,
                canonical_name=project,
                formats=frozenset({"binary", "source"}),
                target_python=target,
                allow_yanked=True,
                ignore_requires_python=True,
            )
        found, detail = evaluators[project].evaluate_link(
            Link("https://registry.example/files/" + filename)
        )
        if found is not LinkType.candidate:
            return None
        try:
            return str(Version(detail))
        except InvalidVersion:
            return None

    return read


def poetry():
    from poetry.core.packages.utils.utils import splitext
    from poetry.repositories.link_sources.base import LinkSource

    def read(project, filename):
        if splitext(filename)[1] not in LinkSource.SUPPORTED_FORMATS:
            return None
        found = LinkSource._link_package_name_and_version(filename)
        return found[1].to_string() if found and found[0] == project else None

    return read


def pdm():
    from packaging.version import Version
    from unearth.evaluator import Evaluator
    from unearth.link import Link

    def read(project, filename):
        found = Evaluator(project, ignore_compatibility=True).evaluate_link(
            Link("https://registry.example/files/" + filename)
        )
        return str(Version(found.version)) if found else None

    return read


read = {"pip": pip, "poetry": poetry, "pdm": pdm}[sys.argv[1]]()
for line in sys.stdin:
    project, filename = line.rstrip("\n").split(" ")
    print(read(project, filename) or "")
