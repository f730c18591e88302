//! Messages put together from parts.

use abi::ids::NodeId;
use bus::{Bus, Memory, SendError, Signals};

/// Sends a message of these parts, one after the other.
pub fn send<M: Memory, S: Signals>(
    bus: &mut Bus<M, S>,
    to: NodeId,
    parts: &[&[u8]],
) -> Result<(), SendError> {
    let message = parts.concat();
    bus.reserve(to, message.len())?.copy_from_slice(&message);
    bus.commit(to, message.len());
    Ok(())
}
