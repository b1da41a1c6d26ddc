"""Code that ships holds no panic in waiting: no todo!, no unimplemented!, no unwrap().

clippy denies the same, but an `#[allow]` could lift that. What counts as a test: everything below
tests/, benches/ and examples/, the modules behind `#[cfg(test)]` in the same file or in one of
their own, and whatever lies below those.
"""

import re
import sys
from pathlib import Path

ROOTS = ["functions", "shared"]
TEST_FOLDERS = {"tests", "benches", "examples"}
SHORTCUT = re.compile(r"todo!|unimplemented!|unwrap\(\)")
# `#[cfg(test)]`, other attributes, and the module that they belong to.
TEST_MODULE = re.compile(
    r"^#\[cfg\(test\)\]\n(?P<attributes>(?:#\[.*\]\n)*)(?:pub(?:\(\w+\))? )?mod (?P<name>\w+)(?P<end>;| \{)",
    re.MULTILINE,
)
PATH = re.compile(r'#\[path = "(?P<path>[^"]+)"\]')


def files_of_test_modules(file, text):
    """The files and folders of the modules that `file` declares for tests only."""
    below = file.parent if file.name in ("lib.rs", "main.rs", "mod.rs") else file.with_suffix("")
    for module in TEST_MODULE.finditer(text):
        if module["end"] == ";":
            path = PATH.search(module["attributes"])
            if path:
                yield file.parent / path["path"]
            else:
                yield below / f"{module['name']}.rs"
                yield below / module["name"]


def without_test_modules(text):
    """The lines before the first inline test module; clippy sees to it that nothing follows it."""
    for module in TEST_MODULE.finditer(text):
        if module["end"] != ";":
            return text[: module.start()]
    return text


def main():
    sources = {
        file: file.read_text(encoding="utf-8")
        for root in ROOTS
        for file in sorted(Path(root).rglob("*.rs"))
        if not TEST_FOLDERS & set(file.parts)
    }
    tests = {test for file, text in sources.items() for test in files_of_test_modules(file, text)}
    found = [
        f"{file}:{number}: {line.strip()}"
        for file, text in sources.items()
        if not tests & {file, *file.parents}
        for number, line in enumerate(without_test_modules(text).splitlines(), start=1)
        if SHORTCUT.search(line)
    ]
    if not sources:
        sys.exit("There is no source to look at: is this the workspace?")
    if found:
        sys.exit("Not allowed outside tests:\n" + "\n".join(found))
    print(f"None in {len(sources)} files.")


main()
