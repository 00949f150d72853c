#!/bin/sh
# Runs the tests marked `compat` on each further Python found on PATH or under pyenv, all with the one abi3 wheel.
# An argument is an expression of marks in place of that one: "compat and torture".
set -eu
cd "$(dirname "$0")/.."

find_python() {
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
        if "$candidate" -c 'import sys; print(sys.executable)' 2>/dev/null; then
            return
        fi
    done
}

own=$(.venv/bin/python -c 'import sys; print("{}.{}".format(*sys.version_info))')
wheels=${CARGO_TARGET_DIR:-target}/compat
rm -rf "$wheels"
for version in 3.11 3.12 3.13 3.14; do
    python=$(find_python "$version")
    if [ "$version" = "$own" ] || [ -z "$python" ]; then
        continue
    fi
    echo "== Python $version: $python"
    [ -d "$wheels" ] || .venv/bin/maturin build --quiet --interpreter .venv/bin/python --out "$wheels"
    environment=.venv-$version
    if [ ! -e "$environment/made" ] || [ pyproject.toml -nt "$environment/made" ]; then
        "$python" -m venv --clear --without-pip "$environment"
        .venv/bin/pip --quiet --python "$environment" install --group test
        touch "$environment/made"
    fi
    .venv/bin/pip --quiet --python "$environment" install --force-reinstall --no-deps "$wheels"/*.whl
    "$environment/bin/python" -m pytest -m "${1:-compat}"
done
