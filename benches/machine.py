"""Where and with what a report was measured."""

import os
import platform
import subprocess
import tomllib
from pathlib import Path

from .matrix import WORKLOADS
from .packages import installed
from .servers import FLOOR, nginx_version
from .trials import TRIALS

FLOOR_CRATES = ("reqwest", "hyper", "hyper-util", "tokio", "mimalloc")


def machine() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "CPU": f"{cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{memory / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "load average at the start": f"{os.getloadavg()[0]:.2f}",
    }


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def versions() -> dict[str, str]:
    """Every program and library of the run; what is missing is said to be missing."""
    packages = {name for workload in WORKLOADS for each in workload.contenders for name in each.packages}
    packages.update(package for trial in TRIALS for package in trial.packages)
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "nginx": nginx_version(),
        "rustc": rustc_version(),
        **{name: installed(name) or "not installed" for name in sorted(packages)},
        **{f"{name} (floor)": version for name, version in floor_crates().items()},
    }


def rustc_version() -> str:
    answer = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.strip().removeprefix("rustc ")


def floor_crates() -> dict[str, str]:
    lock = tomllib.loads((FLOOR / "Cargo.lock").read_text())
    locked = {crate["name"]: crate["version"] for crate in lock["package"]}
    return {name: locked[name] for name in FLOOR_CRATES}
