//! What the daemon and those who use the pool say to each other over the Unix socket.
//!
//! A frame is a length in four bytes, big-endian, and so many bytes in which `postcard` has
//! encoded a [`ToDaemon`] or [`FromDaemon`]. Nothing that comes in is believed: frames are
//! bounded before they are read, and [`ToDaemon::check`] bounds what is in them.

mod frame;
mod messages;

pub use frame::{FRAME_MAX, FrameError, read, write};
pub use messages::{
    Ended, FromDaemon, Incarnation, LaunchRequest, LogLine, NodeInfo, NodeState, NodeTrace,
    Placement, RdcInfo, Refusal, Standing, ToDaemon, VERSION,
};
