//! The allocator: values are made on one thread and freed on another, which mimalloc does for less than the system's.
//!
//! The crate `mimalloc` asks for every block by its alignment. mimalloc gives the usual alignment anyway, and a block that is
//! asked for by one goes a longer way wherever its size is no power of two: it is made larger, to be aligned within. So the
//! alignment is named here only where it matters.

#[cfg(all(feature = "mimalloc", target_os = "linux"))]
mod mimalloc {
    use std::alloc::{GlobalAlloc, Layout};

    use libmimalloc_sys::{mi_free, mi_malloc, mi_malloc_aligned, mi_realloc, mi_realloc_aligned, mi_zalloc, mi_zalloc_aligned};

    /// What mimalloc aligns every block to that is at least as large (`MI_MAX_ALIGN_SIZE`).
    const USUAL: usize = 16;

    #[global_allocator]
    static ALLOCATOR: Mimalloc = Mimalloc;

    struct Mimalloc;

    fn is_usual(align: usize, size: usize) -> bool {
        align <= USUAL && align <= size
    }

    // SAFETY: blocks come from mimalloc, aligned as the layout says, by `is_usual` or because that is asked for; mimalloc frees
    // and moves any block of its own, however it was asked for. None of its functions unwinds.
    unsafe impl GlobalAlloc for Mimalloc {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let (size, align) = (layout.size(), layout.align());
            // SAFETY: the alignment of a layout is a power of two.
            let block = unsafe { if is_usual(align, size) { mi_malloc(size) } else { mi_malloc_aligned(size, align) } };
            block.cast()
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            let (size, align) = (layout.size(), layout.align());
            // SAFETY: as above.
            let block = unsafe { if is_usual(align, size) { mi_zalloc(size) } else { mi_zalloc_aligned(size, align) } };
            block.cast()
        }

        unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
            // SAFETY: the caller has the block from here.
            unsafe { mi_free(block.cast()) }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            let (block, align) = (block.cast(), layout.align());
            // SAFETY: as above.
            let block =
                unsafe { if is_usual(align, size) { mi_realloc(block, size) } else { mi_realloc_aligned(block, size, align) } };
            block.cast()
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn blocks_are_aligned_and_keep_what_is_in_them(size in 1usize..5_000, shift in 0u32..8, more in 1usize..10_000) {
                let layout = Layout::from_size_align(size, 1 << shift).expect("a layout");
                // SAFETY: the layouts have a size, and each block is freed with the one that it has last.
                unsafe {
                    let block = ALLOCATOR.alloc_zeroed(layout);
                    prop_assert_eq!(block.align_offset(layout.align()), 0);
                    prop_assert!(std::slice::from_raw_parts(block, size).iter().all(|byte| *byte == 0));
                    block.write_bytes(7, size);
                    let moved = ALLOCATOR.realloc(block, layout, more);
                    prop_assert_eq!(moved.align_offset(layout.align()), 0);
                    prop_assert!(std::slice::from_raw_parts(moved, size.min(more)).iter().all(|byte| *byte == 7));
                    let other = ALLOCATOR.alloc(layout);
                    prop_assert_eq!(other.align_offset(layout.align()), 0);
                    ALLOCATOR.dealloc(other, layout);
                    ALLOCATOR.dealloc(moved, Layout::from_size_align(more, layout.align()).expect("a layout"));
                }
            }
        }
    }
}
