//! Receiving (§4.4), and replying to what was received.

use abi::constants::HEADER_BYTES;
use abi::error::CallError;
use abi::structs::SelectMessages;
use zerocopy::IntoBytes;

use crate::Timeout;
use crate::message::{Message, NOTHING};
use crate::reference::{Port, PortHandle, ReplyHandle, Stream, StreamHandle};
use crate::stream::reference;
use crate::trap::Calls;
use crate::window::lent_mut;

/// What becomes of whoever has sent a message by an invocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invoker {
    /// He waits for a reply.
    Waits,
    /// He goes on without one as soon as his message is received.
    GoesOn,
}

/// How to receive.
#[derive(Clone, Copy, Debug)]
pub struct Receive<'h> {
    /// What becomes of an invoker.
    pub invoker: Invoker,
    /// Only messages from this stream.
    pub from: Option<&'h StreamHandle>,
    /// How long to wait for a message.
    pub timeout: Timeout,
}

impl Default for Receive<'_> {
    fn default() -> Self {
        Receive { invoker: Invoker::Waits, from: None, timeout: Timeout::Forever }
    }
}

/// What a call to receive comes to.
#[derive(Debug)]
pub enum Arrival {
    /// No message in time.
    None,
    /// A message to which no reply is expected.
    Message,
    /// An invocation: its invoker waits for a reply.
    Invocation(ReplyHandle),
}

/// The result of `inc_receive` when there is a message and no reply handle.
const RECEIVED: u32 = 1;

impl Port {
    /// Waits for a message. If its sender waits for a reply, answers the right to give it.
    #[inline]
    pub fn receive(&self, message: &mut Message<'_>) -> Result<Option<ReplyHandle>, CallError> {
        match self.receive_with(message, &Receive::default())? {
            Arrival::Invocation(reply) => Ok(Some(reply)),
            Arrival::None | Arrival::Message => Ok(None),
        }
    }

    /// Receives a message (`inc_receive`), which overwrites `message`. Data beyond the buffer
    /// of `message` is lost.
    #[inline]
    pub fn receive_with(
        &self,
        message: &mut Message<'_>,
        how: &Receive<'_>,
    ) -> Result<Arrival, CallError> {
        let selector = how.from.map_or(abi::calls::args::Ref(0), |from| from.0.argument());
        let block_invoker = i32::from(how.invoker == Invoker::Waits);
        let result = message.receive(|message| {
            let timeout = how.timeout;
            Calls::inc_receive(self.0.argument(), message, block_invoker, selector, timeout)
        });
        Ok(match result? {
            NOTHING => Arrival::None,
            RECEIVED => Arrival::Message,
            handle => Arrival::Invocation(ReplyHandle(reference(handle)?)),
        })
    }

    /// How many messages wait here (`inc_testPort`).
    pub fn waiting(&self) -> Result<u32, CallError> {
        self.survey(&mut [], &mut [])
    }

    /// How many messages wait here (`inc_testPort`); their headers, the oldest first, are
    /// copied as far as there is room, and those from certain streams are counted.
    pub fn survey(
        &self,
        headers: &mut [[u8; HEADER_BYTES]],
        selected: &mut [Selected<'_>],
    ) -> Result<u32, CallError> {
        let headers = headers.as_flattened_mut();
        Calls::inc_testPort(
            self.0.argument(),
            headers.len() as u32,
            lent_mut(headers),
            selected.len() as u32,
            lent_mut(selected.as_mut_bytes()),
        )
    }

    /// A handle to this port (`inc_hanCreate`).
    pub fn handle(&self) -> Result<PortHandle, CallError> {
        let handle = Calls::inc_hanCreate(self.0.argument())?;
        reference(handle.0).map(PortHandle)
    }
}

/// A stream whose messages are to be counted.
#[derive(Clone, Copy, Debug, zerocopy::FromBytes, zerocopy::IntoBytes, zerocopy::KnownLayout)]
#[repr(transparent)]
pub struct Selected<'h> {
    raw: SelectMessages,
    handle: core::marker::PhantomData<&'h StreamHandle>,
}

impl<'h> Selected<'h> {
    /// Messages from the stream behind this handle.
    pub fn new(handle: &'h StreamHandle) -> Selected<'h> {
        let raw =
            SelectMessages { sm_smhan: (handle.id().get() as i32).into(), sm_nmsgs: 0.into() };
        Selected { raw, handle: core::marker::PhantomData }
    }

    /// How many they were.
    pub fn count(&self) -> u32 {
        self.raw.sm_nmsgs.get() as u32
    }
}

/// A reply, or a message passed on, that failed; the right to reply is still there.
#[derive(Debug)]
pub struct NotReplied {
    /// Why.
    pub error: CallError,
    /// To try again.
    pub handle: ReplyHandle,
}

impl From<NotReplied> for CallError {
    fn from(failed: NotReplied) -> CallError {
        failed.error
    }
}

impl ReplyHandle {
    /// Sends a message back, which overwrites the invoker's (`inc_reply`).
    #[inline]
    pub fn reply(self, message: &mut Message<'_>) -> Result<(), NotReplied> {
        match message.send(|message| Calls::inc_reply(self.0.argument(), message)) {
            Ok(()) => {
                self.forget();
                Ok(())
            }
            Err(error) => Err(NotReplied { error, handle: self }),
        }
    }

    /// Sends the message that was received on, as it came but for the header of `message`; its
    /// next receiver replies to its first invoker (`inc_forward`).
    pub fn forward(self, stream: &Stream, message: &mut Message<'_>) -> Result<(), NotReplied> {
        let sent = message.heading();
        match Calls::inc_forward(stream.0.argument(), self.0.argument(), sent) {
            Ok(()) => {
                self.forget();
                Ok(())
            }
            Err(error) => Err(NotReplied { error, handle: self }),
        }
    }

    /// The kernel has closed it.
    #[inline]
    fn forget(self) {
        self.into_raw();
    }
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;
    use abi::ids::RefId;
    use abi::structs::RefDescrip;
    use zerocopy::big_endian::U32;

    use super::*;
    use crate::pretended::{closed, expect, message, write};

    fn port() -> Port {
        Port::from_raw(RefId::from_raw(0x20000).unwrap())
    }

    /// Writes a message that arrives, with room for a reply of 9 bytes.
    fn arrive(at: u32, head: u32, data: &[u8]) {
        let mut arrived = message(at);
        arrived.m_head[..4].copy_from_slice(&head.to_be_bytes());
        arrived.m_ref = RefDescrip::NONE;
        write(arrived.m_base.get(), data);
        arrived.m_cnt = (data.len() as u32).into();
        arrived.m_nreply = 9.into();
        write(at, arrived.as_bytes());
    }

    #[test]
    fn an_invocation_is_replied_to_once() {
        expect(Call::Receive, |[from, at, block_invoker, selector, timeout]| {
            assert_eq!((from, block_invoker, selector), (0x20000, 1, 0));
            assert_eq!(timeout as i32, -1);
            assert_eq!(message(at).m_cnt.get(), 4, "the room for data");
            arrive(at, 5, b"abc");
            Ok(0x30000)
        });
        let mut buffer = [0; 4];
        let mut message = Message::new().buffer(&mut buffer, 0);
        let reply = port().receive(&mut message).unwrap().expect("an invocation");
        assert_eq!((message.head::<U32>().get(), message.extra()), (5, &b"abc"[..]));
        assert_eq!(message.reply_room(), 9);
        expect(Call::Reply, |_| Err(CallError::Busy));
        let failed = reply.reply(&mut Message::new()).unwrap_err();
        assert_eq!(failed.error, CallError::Busy);
        expect(Call::Reply, |[handle, ..]| {
            assert_eq!(handle, 0x30000);
            Ok(0)
        });
        failed.handle.reply(&mut Message::new()).unwrap();
        assert_eq!(closed(), [0x20000], "the kernel has closed the reply handle");
    }

    #[test]
    fn a_right_to_reply_that_is_not_used_is_given_up() {
        expect(Call::Receive, |[_, at, ..]| {
            arrive(at, 0, b"");
            Ok(0x30000)
        });
        let port = port();
        drop(port.receive(&mut Message::new()).unwrap());
        drop(port);
        assert_eq!(closed(), [0x30000, 0x20000]);
    }

    #[test]
    fn nothing_arrives_in_time() {
        let handle = StreamHandle::from_raw(RefId::from_raw(0x20001).unwrap());
        expect(Call::Receive, |[_, _, block_invoker, selector, timeout]| {
            assert_eq!((block_invoker, selector, timeout), (0, 0x20001, 25));
            Ok(0)
        });
        let how = Receive {
            invoker: Invoker::GoesOn,
            from: Some(&handle),
            timeout: Timeout::WithinMs(25),
        };
        let mut buffer = [0; 4];
        let mut message = Message::new().buffer(&mut buffer, 2);
        let arrival = port().receive_with(&mut message, &how).unwrap();
        assert!(matches!(arrival, Arrival::None), "{arrival:?}");
        assert_eq!(message.extra(), b"");
    }

    #[test]
    fn messages_are_surveyed() {
        let handle = StreamHandle::from_raw(RefId::from_raw(0x20001).unwrap());
        expect(Call::TestPort, |[_, nheader, headers, nselect, selects]| {
            assert_eq!((nheader, nselect), (64, 1));
            write(headers, b"first");
            write(selects + 4, &2u32.to_be_bytes());
            Ok(3)
        });
        let mut headers = [[0; 32]; 2];
        let mut selected = [Selected::new(&handle)];
        assert_eq!(port().survey(&mut headers, &mut selected), Ok(3));
        assert_eq!((&headers[0][..5], selected[0].count()), (&b"first"[..], 2));
    }
}
