# One word for each habit. What a word needs is made on first use: Python packages in .venv, Rust in target.

PYTHON ?= python3
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
BIN := .venv/bin
SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find src)
DENY := $(or $(shell command -v cargo-deny),.tools/bin/cargo-deny)
CHECKED := python tests benches

# maturin builds for the environment it is told of, never for another one that happens to be active.
export VIRTUAL_ENV := $(CURDIR)/.venv
unexport CONDA_PREFIX

# What maturin tells pyo3's build script. Cargo repeats it, or each would undo the other's build.
PYO3 = PYO3_BUILD_EXTENSION_MODULE=1 PYO3_CONFIG_FILE=$$(echo $(TARGET)/maturin/pyo3-config-*)

.NOTPARALLEL:
.PHONY: demo test torture notebook notebooks lint stubs bench clean

demo: .venv/built # a thousand URLs come back, offline
	$(BIN)/python -m fastfetch demo

test: .venv/built .venv/test # the engine alone, the package, then the package on every other Python found
	tests/install-system-packages.sh
	cargo test --locked --no-default-features
	$(BIN)/python -m pytest
	tests/other-pythons.sh

torture: .venv/built .venv/test # the same promises at full length, an hour or so; renders docs/reliability.md
	tests/install-system-packages.sh
	FASTFETCH_TORTURE=1 $(BIN)/python -m pytest -m torture
	FASTFETCH_TORTURE=1 tests/other-pythons.sh "compat and torture"

notebook: .venv/built .venv-notebook/made # JupyterLab in a browser, looked at; takes the pictures in docs/images
	tests/install-system-packages.sh chromium
	.venv-notebook/bin/python -m pytest --confcutdir=tests/jupyterlab tests/jupyterlab

notebooks: .venv/built .venv/test # runs examples/*.ipynb, and saves what they show
	$(BIN)/python -m tests.notebooks

lint: .venv/built .venv/lint $(DENY) # format, style, types, stubs, licences
	cargo fmt --check
	$(PYO3) cargo clippy --locked --all-targets -- --deny warnings
	cargo clippy --locked --all-targets --no-default-features -- --deny warnings
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy $(CHECKED)
	$(BIN)/maturin generate-stubs --quiet --interpreter $(BIN)/python --out $(TARGET)/stubs
	diff -u python/fastfetch/_core.pyi $(TARGET)/stubs/fastfetch/_core.pyi
	$(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml --allowlist tests/house/stubtest-allowlist.txt fastfetch
	$(DENY) --locked check licenses bans sources

stubs: .venv/made # python/fastfetch/_core.pyi, from the Rust docs
	$(BIN)/maturin generate-stubs --quiet --interpreter $(BIN)/python --out python

bench: .venv-bench/built # fastfetch, its peers and plain Rust side by side; renders benches/RESULTS.md
	cargo build --release --locked --manifest-path benches/floor/Cargo.toml
	.venv-bench/bin/python -m benches.run

clean:
	rm -rf .venv .venv-* .tools $(TARGET) benches/floor/target python/fastfetch/_core.*.so
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -r {} +

# pip of 25.1 or newer knows dependency groups; the system's pip puts it there even where ensurepip is left out.
.venv/made .venv-bench/made:
	$(PYTHON) -m venv --without-pip $(@D)
	$(PYTHON) -m pip --quiet --python $(@D) install --upgrade pip
	$(@D)/bin/pip install --quiet --group build
	touch $@

.venv/built: .venv/made $(SOURCES)
	$(BIN)/maturin develop --quiet
	touch $@

.venv/test .venv/lint: .venv/made pyproject.toml
	$(BIN)/pip install --quiet --group $(@F)
	touch $@

# The package itself comes from here: the kernel is told where.
.venv-notebook/made: pyproject.toml
	$(PYTHON) -m venv --without-pip $(@D)
	$(PYTHON) -m pip --quiet --python $(@D) install --upgrade pip
	$(@D)/bin/pip install --quiet --group notebook
	touch $@

# Measured as users get it: a release wheel, installed.
.venv-bench/built: .venv-bench/made $(SOURCES) $(shell find python -name '*.py')
	.venv-bench/bin/pip install --quiet --group bench
	rm -rf $(TARGET)/bench
	.venv-bench/bin/maturin build --release --quiet --interpreter .venv-bench/bin/python --out $(TARGET)/bench
	.venv-bench/bin/pip install --quiet --force-reinstall --no-deps $(TARGET)/bench/*.whl
	touch $@

.tools/bin/cargo-deny:
	cargo install cargo-deny --quiet --locked --version 0.20.2 --root .tools
