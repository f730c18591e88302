//! A pool of kernels in one process, over rings and memories that are plain vectors, driven
//! step by step by a test that plays the user code.

pub mod bus;
pub mod dice;
pub mod machine;
pub mod memory;
pub mod pool;
pub mod scene;
pub mod user;

pub use pool::Pool;
pub use scene::Scene;
pub use user::Inc;

use kernel::platform::Platform;

/// The platform of these tests.
pub struct TestPlatform;

impl Platform for TestPlatform {
    type Bus = bus::TestBus;
    type Memory = memory::TestMemory;
    type Machine = machine::TestMachine;
}
