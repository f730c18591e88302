//! Forks (§5.3): an incarnation goes on twice, where it is and in a copy of itself.

use alloc::vec::Vec;

use abi::error::CallError;
use abi::ids::NodeId;
use zerocopy::IntoBytes;
use zerocopy::big_endian::{I32, U32};

use crate::io;
use crate::reference::{Incarnation, Port, Stream};
use crate::stream::reference;
use crate::trap::Calls;
use crate::window::{lent, lent_mut};

/// A port that is attached in the child, too.
#[derive(Clone, Copy, Debug)]
pub enum Attached<'p> {
    /// To a new unicast channel, to which the parent gets a stream.
    Anew(&'p Port),
    /// To the multicast channel of this stream, which the port is a member of.
    Member(&'p Port, &'p Stream),
}

/// What a fork comes to. Both incarnations go on where it returns.
#[derive(Debug)]
pub enum Forked {
    /// In the incarnation that has forked.
    Parent {
        /// The copy, with all rights.
        child: Incarnation,
        /// Streams to the ports of the child that are attached anew, in their order.
        streams: Vec<Stream>,
    },
    /// In the copy of it.
    Child,
}

/// Makes a copy of this incarnation on a node (`inc_fork`). This one waits until the copy is
/// complete.
///
/// The child has the same memory and, under the same identifiers, the same references, but:
/// - Ports are its own: unattached unless they are among `ports`. Its standard and its auxiliary
///   port are attached to channels of their own in any case.
/// - Reply handles, and references that may be propagated no further, are not there: calls on
///   them fail with [`CallError::NoSuchReference`], and dropping them does nothing.
/// - Buffer handles that others have lead to the parent's memory.
/// - Open files are the RDC's: one that either drops is closed for both.
///
/// [`CallError::BadArgument`] if a port is listed twice, or is no member of its stream's group;
/// [`CallError::NoSuchReference`] if a member of a group is listed without a stream.
pub fn fork(node: NodeId, ports: &[Attached<'_>]) -> Result<Forked, CallError> {
    // What was printed is printed once.
    io::flush_rest();
    let list: Vec<I32> = ports.iter().map(Attached::port).collect();
    let given: Vec<I32> = ports.iter().map(Attached::stream).collect();
    let mut streams = given.clone();
    let mut child = U32::ZERO;
    let result = Calls::inc_fork(
        node.0.into(),
        lent_mut(child.as_mut_bytes()),
        ports.len() as u32,
        lent(list.as_bytes()),
        lent_mut(streams.as_mut_bytes()),
    )?;
    if result == 0 {
        return Ok(Forked::Child);
    }
    let child = Incarnation(reference(child.get())?);
    let new = streams.iter().zip(&given).filter(|(stream, given)| stream != given);
    let new = new.map(|(stream, _)| reference(stream.get() as u32).map(Stream));
    Ok(Forked::Parent { child, streams: new.collect::<Result<_, _>>()? })
}

impl Attached<'_> {
    fn port(&self) -> I32 {
        let (Attached::Anew(port) | Attached::Member(port, _)) = self;
        (port.id().get() as i32).into()
    }

    fn stream(&self) -> I32 {
        match self {
            Attached::Anew(_) => I32::ZERO,
            Attached::Member(_, stream) => (stream.id().get() as i32).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;
    use abi::ids::RefId;

    use super::*;
    use crate::pretended::{closed, expect, read, write};

    fn port(raw: u32) -> Port {
        Port::from_raw(RefId::from_raw(raw).unwrap())
    }

    #[test]
    fn the_parent_gets_streams_to_ports_that_are_attached_anew() {
        let (first, member, last) = (port(0x20001), port(0x20002), port(0x20003));
        let group = Stream::from_raw(RefId::from_raw(0x20004).unwrap());
        expect(Call::Fork, |[node, handle, count, ports, streams]| {
            assert_eq!((node, count), (3, 3));
            let words = |words: [u32; 3]| words.map(u32::to_be_bytes).concat();
            assert_eq!(read(ports, 12), words([0x20001, 0x20002, 0x20003]));
            assert_eq!(read(streams, 12), words([0, 0x20004, 0]));
            write(handle, &0x30000u32.to_be_bytes());
            write(streams, &words([0x30001, 0x20004, 0x30002]));
            Ok(1)
        });
        let ports =
            [Attached::Anew(&first), Attached::Member(&member, &group), Attached::Anew(&last)];
        let Forked::Parent { child, streams } = fork(NodeId(3), &ports).unwrap() else {
            panic!("this is the parent")
        };
        let streams: Vec<u32> = streams.into_iter().map(|stream| stream.into_raw().get()).collect();
        assert_eq!((child.into_raw().get(), streams), (0x30000, vec![0x30001, 0x30002]));
        drop((first, member, last, group));
        assert_eq!(closed(), [0x20001, 0x20002, 0x20003, 0x20004]);
    }

    #[test]
    fn the_child_has_no_handle() {
        expect(Call::Fork, |arguments| {
            assert_eq!((arguments[0], arguments[2]), (2, 0));
            Ok(0)
        });
        assert!(matches!(fork(NodeId(2), &[]).unwrap(), Forked::Child));
        expect(Call::Fork, |_| Err(CallError::NoMemory));
        assert_eq!(fork(NodeId(2), &[]).unwrap_err(), CallError::NoMemory);
        assert_eq!(closed(), [0u32; 0]);
    }
}
