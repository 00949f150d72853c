#![no_main]

/// Arrow panics on some damaged files, and the reader makes an error of it: only what nobody catches is a fault.
fn only_ours() {
    std::panic::set_hook(Box::new(|panic| {
        if panic.location().is_some_and(|place| place.file().contains("fuzzing")) {
            eprintln!("{panic}");
            std::process::abort();
        }
    }));
}

libfuzzer_sys::fuzz_target!(init: only_ours(), |data: &[u8]| _core::engine::fuzzing::saved(data));
