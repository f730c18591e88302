//! Cache control. QEMU has no caches; a 68040 has two that do not see each
//! other, so loaded code must be pushed before it is executed.

mod routine {
    // SAFETY: asm/cpu.S has these routines; whatever they write back or forget, memory stays as
    // the kernel sees it.
    unsafe extern "C" {
        pub safe fn cache_push_all();
        pub safe fn cache_invalidate_instructions();
    }
}

/// Writes all dirty lines back and empties both caches.
pub fn push_all() {
    routine::cache_push_all();
}

/// Makes code that was written as data visible to instruction fetches.
pub fn publish_code() {
    routine::cache_push_all();
    routine::cache_invalidate_instructions();
}
