//! What tests of whole pools need: a pool of QEMU nodes, and programs that run on it. Whatever
//! is started here ends with its value, every wait has a limit, and a test that fails shows
//! what the nodes said last.
//!
//! `cargo xtask test --pool` builds image, command and programs, and says where they are in
//! the variables `KERNEL_IMAGE`, `EQUUS` and `RDC_FOLDER`. Plain `cargo test` leaves these
//! tests out.

mod build;
mod place;
mod pool;
mod running;

pub use build::Sources;
pub use place::{equus, rdc, variable};
pub use pool::Pool;
pub use running::{Channel, Ended, Running};

use std::time::{Duration, Instant};

/// More than anything takes on a busy host.
pub const LIMIT: Duration = Duration::from_mins(2);

/// Looks until something is so.
///
/// # Panics
/// If it is not so within [`LIMIT`]: with what was looked for, and what was seen last.
pub fn wait_until<T>(awaited: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(Instant::now() < end, "waited for {awaited}; seen: {seen}"),
        }
        std::thread::yield_now();
    }
}
