//! The user's side of the 68040's MMU, for `crate::space`.

use super::control;
use crate::address::{PhysAddr, VirtAddr};
use crate::cache;
use crate::space::Translation;

/// The MMU of a 68040.
#[derive(Debug)]
pub struct Mc68040 {
    /// Tables that map nothing.
    nothing: PhysAddr,
}

impl Mc68040 {
    /// The processor's MMU, with tables that map nothing for when no space is active.
    ///
    /// # Safety
    /// All roots that it is given are those of live spaces, which give their users
    /// nothing of the kernel's.
    pub unsafe fn new(nothing: PhysAddr) -> Mc68040 {
        Mc68040 { nothing }
    }
}

impl Translation for Mc68040 {
    fn nothing(&self) -> PhysAddr {
        self.nothing
    }

    fn switch(&mut self, root: PhysAddr) {
        // SAFETY: by `new`.
        unsafe { control::set_user_root(root) }
    }

    fn forget(&mut self, page: VirtAddr) {
        control::flush_user_page(page);
    }

    fn publish_code(&mut self) {
        cache::publish_code();
    }
}
