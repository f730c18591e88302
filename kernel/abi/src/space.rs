//! Where things lie in user memory: the same rule for the linker script of modules
//! (`linker/module.ld`), for who packs them into an RDC file, and for the kernels that
//! load them.
//!
//! ```text
//! USER_BEGIN   text and read-only data
//! next page    initialised data, zeroed data │ heap, up to its bound
//!              … nothing …
//! STACK_TOP    stack, growing down, below it at least a page of nothing
//! PARAMETERS   the start block and what the creator gave
//! USER_END
//! ```

use crate::rdc_file::{USER_BEGIN, USER_END};
use crate::slice::PAGE_BYTES;

/// Bytes for the start block and the parameters behind it, at most.
pub const PARAMETERS_MAX: u32 = 0x8000;
/// Where the block of start parameters lies.
pub const PARAMETERS: u32 = USER_END - PARAMETERS_MAX;
/// The first stack pointer: a page of nothing lies between the stack and the parameters.
pub const STACK_TOP: u32 = PARAMETERS - PAGE_BYTES;

/// The places of one incarnation's parts, all at page boundaries but the ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpaceLayout {
    /// The data: the first page behind the text.
    pub data: u32,
    /// The end of data and zeroed data, and the first break of the heap.
    pub heap: u32,
    /// The highest break.
    pub heap_end: u32,
    /// The lowest address that the stack may reach.
    pub stack_low: u32,
}

impl SpaceLayout {
    /// The layout for parts of these sizes in bytes; none if they do not fit user memory.
    pub const fn new(
        text: u32,
        data: u32,
        bss: u32,
        heap_max: u32,
        stack_max: u32,
    ) -> Option<SpaceLayout> {
        let data_begin = USER_BEGIN as u64 + (text as u64).next_multiple_of(PAGE_BYTES as u64);
        let heap = data_begin + data as u64 + bss as u64;
        let heap_end = (heap + heap_max as u64).next_multiple_of(PAGE_BYTES as u64);
        let stack = (stack_max as u64).next_multiple_of(PAGE_BYTES as u64);
        if heap_end + PAGE_BYTES as u64 + stack > STACK_TOP as u64 {
            return None;
        }
        Some(SpaceLayout {
            data: data_begin as u32,
            heap: heap as u32,
            heap_end: heap_end as u32,
            stack_low: STACK_TOP - stack as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_small_module() {
        let layout = SpaceLayout::new(0x1001, 0x10, 0x20, 0x1000, 0x2000).unwrap();
        assert_eq!(layout.data, USER_BEGIN + 0x2000);
        assert_eq!(layout.heap, layout.data + 0x30);
        assert_eq!(layout.heap_end, layout.data + 0x2000);
        assert_eq!(layout.stack_low, STACK_TOP - 0x2000);
    }

    proptest! {
        #[test]
        fn parts_never_overlap(text: u32, data: u32, bss: u32, heap: u32, stack: u32) {
            let Some(layout) = SpaceLayout::new(text, data, bss, heap, stack) else {
                let total = [text, data, bss, heap, stack].map(u64::from).iter().sum::<u64>();
                prop_assert!(total > u64::from(STACK_TOP - USER_BEGIN) - 5 * 4096);
                return Ok(());
            };
            prop_assert!(u64::from(USER_BEGIN) + u64::from(text) <= u64::from(layout.data));
            prop_assert!(layout.data <= layout.heap && layout.heap <= layout.heap_end);
            prop_assert!(layout.heap_end < layout.stack_low && layout.stack_low <= STACK_TOP);
        }
    }
}
