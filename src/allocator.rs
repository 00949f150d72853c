//! The allocator: values are made on one thread and freed on another, which mimalloc does for less than the system's.

#[cfg(all(feature = "mimalloc", target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
