#!/bin/sh
# Builds the module with AddressSanitizer and runs under it what hands memory across the border between Rust and Python:
# buffers, Arrow's C data interface both ways, pickles, the bridge with its loops, threads, forks and exits, JSON, streams.
# A report of the sanitizer fails it, and so does a sanitizer that misses a fault made on purpose.
#
# Python's own allocator is left out, so that every object lies in memory that is watched; leaks are not looked for, since an
# interpreter that ends frees little: tests/test_buffers.py counts our own objects.
set -eu
cd "$(dirname "$0")/.."

python=$(pwd)/.venv/bin/python
target=${CARGO_TARGET_DIR:-$(pwd)/target}
folder=$target/asan
triple=$(rustc -vV | sed -n 's/^host: //p')

# The flag is rustc's, but only nightly ones take it unasked. Named, the target keeps it from build scripts.
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address \
    PYO3_BUILD_EXTENSION_MODULE=1 PYO3_CONFIG_FILE=$(echo "$target"/maturin/pyo3-config-*) \
    cargo build --locked --quiet --lib --no-default-features --features python,injection \
    --target "$triple" --target-dir "$folder"

# A library that is loaded into a program without a sanitizer brings none along, so the toolchain's is loaded first: as a library,
# without what only a program can have, and by a name for which it does not look itself. Libraries in C++ throw through it.
runtime=$folder/sanitizer
cp "$(rustc --print sysroot)/lib/rustlib/$triple/lib"/librustc-*_rt.asan.a "$runtime.a"
ar d "$runtime.a" asan_preinit.cpp.o
cc -shared -o "$runtime.so" -Wl,--whole-archive "$runtime.a" -Wl,--no-whole-archive -lpthread -ldl -lrt -lm

rm -rf "$folder/package" "$folder"/report.*
mkdir "$folder/package"
cp -R python/fastfetch "$folder/package/"
rm -f "$folder"/package/fastfetch/_core.*.so
cp "$folder/$triple/debug/lib_core.so" "$folder/package/fastfetch/_core.abi3.so"

under_the_sanitizer() {
    env PYTHONPATH="$folder/package" PYTHONMALLOC=malloc FASTFETCH_SLACK=10 \
        LD_PRELOAD="$runtime.so $(cc -print-file-name=libstdc++.so.6)" \
        ASAN_OPTIONS="detect_leaks=0:log_path=$folder/report" "$python" "$@"
}

under_the_sanitizer -c 'import fastfetch, sys; sys.modules["fastfetch._injection"].use_after_free()' && exit 1
grep -q heap-use-after-free "$folder"/report.*
rm "$folder"/report.*

tests=${*:-tests/test_buffers.py tests/test_response.py::TestBuffer tests/test_tables.py tests/test_sources.py
    tests/test_pickle.py tests/test_saved.py tests/test_call.py tests/test_awaitable.py tests/test_bridge.py
    tests/test_loops.py tests/test_process.py tests/test_json.py tests/test_json_table.py tests/test_json_table_schema.py
    tests/test_streaming.py tests/test_streamed_bodies.py tests/test_lent_bodies.py tests/test_panics.py
    tests/test_eight_threads.py}
# Three are about speed, which there is none of here.
# shellcheck disable=SC2086 # Several files.
under_the_sanitizer -m pytest $tests \
    --deselect tests/test_bridge.py::test_l11_a_batch_is_one_completion \
    --deselect tests/test_bridge.py::test_the_server_is_kept_busy_while_python_holds_the_gil \
    --deselect tests/test_process.py::test_l22_an_interrupt_with_many_pending && code=0 || code=$?
if ls "$folder"/report.* 2>/dev/null; then
    cat "$folder"/report.*
    exit 1
fi
echo "AddressSanitizer: 0 reports"
exit $code
