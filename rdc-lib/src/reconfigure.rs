//! Reconfiguration (§6.2, B.6): who receives the messages of a channel, or of one stream, is
//! changed while they are being sent, and their senders do not notice.
//!
//! | what changes | how |
//! |---|---|
//! | the owner of a port, with all channels that lead to it | [`Message::give`], [`Message::reference`] |
//! | the port of a channel | [`attach`], [`replace`] |
//! | the port of a channel, when its node is lost | [`backup`] |
//! | the channel of one stream | [`StreamHandle::rebind`], [`StreamHandle::rebind_with`] |
//!
//! [`Message::give`]: crate::Message::give
//! [`Message::reference`]: crate::Message::reference

use abi::calls::args::Ref;
use abi::constants::NO_PORT;
use abi::error::CallError;

use crate::reference::{Port, PortHandle, Stream, StreamHandle};
use crate::stream::reference;
use crate::trap::Calls;

/// A port, named by itself or by a handle.
pub trait AnyPort: sealed::Sealed {}

mod sealed {
    use abi::calls::args::Ref;

    pub trait Sealed {
        fn argument(&self) -> Ref;
    }
}

impl sealed::Sealed for Port {
    fn argument(&self) -> Ref {
        self.0.argument()
    }
}

impl sealed::Sealed for PortHandle {
    fn argument(&self) -> Ref {
        self.0.argument()
    }
}

impl AnyPort for Port {}
impl AnyPort for PortHandle {}

/// What becomes of messages that have arrived and are not received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrived {
    /// They stay where they are.
    Stay,
    /// They go to the new receiver, before any that come later.
    Move,
}

/// Attaches a port to the channel of a stream (`inc_attachPort`). The port that was attached to
/// a unicast channel, if it is there, is detached.
pub fn attach(port: &impl AnyPort, stream: &Stream) -> Result<(), CallError> {
    let no_port = Ref(NO_PORT);
    Calls::inc_attachPort(port.argument(), no_port, stream.0.argument(), 0)
}

/// Attaches a port to the channel of a stream in place of `old` (`inc_attachPort`).
/// [`CallError::NotAttached`] if that is not attached to it.
pub fn replace(
    old: &impl AnyPort,
    new: &impl AnyPort,
    stream: &Stream,
    arrived: Arrived,
) -> Result<(), CallError> {
    let moves = i32::from(arrived == Arrived::Move);
    Calls::inc_attachPort(new.argument(), old.argument(), stream.0.argument(), moves)
}

/// Makes a backup port for the unicast channel of a stream (`inc_backupCreate`). When the node of
/// the attached port is lost, the backup port is attached in its place, and its owner is told by
/// [`Event::attached`](crate::event::Event::attached). Of several, one is.
///
/// [`CallError::BadArgument`] if there is one already, or the attached port is the caller's own;
/// [`CallError::NotAttached`] if none is attached.
pub fn backup(stream: &Stream) -> Result<Port, CallError> {
    let port = Calls::inc_backupCreate(stream.0.argument())?;
    reference(port.0).map(Port)
}

impl StreamHandle {
    /// Leads the stream to the channel of another one (`inc_rebindStream`). What it has sent
    /// stays where it is.
    pub fn rebind(&self, to: &Stream) -> Result<(), CallError> {
        Calls::inc_rebindStream(self.0.argument(), to.0.argument(), Ref(NO_PORT))
    }

    /// The same, after its messages at `port` have gone there.
    pub fn rebind_with(&self, to: &Stream, port: &impl AnyPort) -> Result<(), CallError> {
        Calls::inc_rebindStream(self.0.argument(), to.0.argument(), port.argument())
    }

    /// Has whoever sends by the stream wait (`inc_freezeStream`); a message that is being sent
    /// goes on.
    pub fn freeze(&self) -> Result<(), CallError> {
        Calls::inc_freezeStream(self.0.argument())
    }

    /// Lets the stream send again (`inc_unfreezeStream`).
    pub fn unfreeze(&self) -> Result<(), CallError> {
        Calls::inc_unfreezeStream(self.0.argument())
    }
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;
    use abi::ids::RefId;

    use super::*;
    use crate::pretended::expect;

    fn id(raw: u32) -> RefId {
        RefId::from_raw(raw).unwrap()
    }

    #[test]
    fn ports_are_named_by_themselves_or_by_handles() {
        let (port, handle) = (Port::from_raw(id(0x20001)), PortHandle::from_raw(id(0x20002)));
        let stream = Stream::from_raw(id(0x20003));
        expect(Call::AttachPort, |arguments| {
            assert_eq!(arguments[..4], [0x20001, 0, 0x20003, 0]);
            Ok(0)
        });
        attach(&port, &stream).unwrap();
        expect(Call::AttachPort, |arguments| {
            assert_eq!(arguments[..4], [0x20001, 0x20002, 0x20003, 1]);
            Err(CallError::NotAttached)
        });
        let result = replace(&handle, &port, &stream, Arrived::Move);
        assert_eq!(result, Err(CallError::NotAttached));
    }

    #[test]
    fn a_backup_port_is_a_port() {
        let stream = Stream::from_raw(id(0x20003));
        expect(Call::BackupCreate, |arguments| {
            assert_eq!(arguments[0], 0x20003);
            Ok(0x20004)
        });
        assert_eq!(backup(&stream).unwrap().into_raw(), id(0x20004));
        expect(Call::BackupCreate, |_| Err(CallError::NotAttached));
        assert_eq!(backup(&stream).unwrap_err(), CallError::NotAttached);
    }

    #[test]
    fn streams_are_rebound_with_their_messages_or_without() {
        let handle = StreamHandle::from_raw(id(0x20001));
        let (stream, port) = (Stream::from_raw(id(0x20002)), Port::from_raw(id(0x20003)));
        expect(Call::RebindStream, |arguments| {
            assert_eq!(arguments[..3], [0x20001, 0x20002, 0]);
            Ok(0)
        });
        handle.rebind(&stream).unwrap();
        expect(Call::RebindStream, |arguments| {
            assert_eq!(arguments[..3], [0x20001, 0x20002, 0x20003]);
            Ok(0)
        });
        handle.rebind_with(&stream, &port).unwrap();
    }
}
