"""Says what importing the package does to a process.

One line each: threads and descriptors, before and after; the files it opened other than code; the modules it
imported.
"""

import os
import sys


def threads_and_descriptors() -> tuple[int, int]:
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def main() -> None:
    opened: list[str] = []
    sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
    before, loaded = threads_and_descriptors(), set(sys.modules)

    import fastfetch  # noqa: F401

    imported = sorted(set(sys.modules) - loaded)
    print(*before)
    print(*threads_and_descriptors())
    print(*(name for name in opened if not name.endswith((".py", ".pyc", ".so"))))
    print(*imported)


if __name__ == "__main__":
    main()
