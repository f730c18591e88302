//! Sending (§4.4): invocations, which wait for a reply, and messages that nobody replies to.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use abi::constants::ChannelType;
use abi::error::CallError;
use zerocopy::IntoBytes;
use zerocopy::big_endian::I32;

use crate::Timeout;
use crate::event::{self, Event};
use crate::message::Message;
use crate::reference::{Port, Reference, Stream, StreamHandle};
use crate::trap::Calls;
use crate::window::lent_mut;

/// Makes a channel with a stream and a port at its ends (`inc_chanCreate`).
pub fn channel(channel_type: ChannelType) -> Result<(Stream, Port), CallError> {
    let (mut stream, mut port) = (I32::ZERO, I32::ZERO);
    Calls::inc_chanCreate(
        channel_type as u32,
        lent_mut(stream.as_mut_bytes()),
        lent_mut(port.as_mut_bytes()),
    )?;
    let stream = reference(stream.get() as u32)?;
    Ok((Stream(stream), Port(reference(port.get() as u32)?)))
}

/// A reference that the kernel has just made. Another kernel than the one this library was
/// made for might answer something else.
#[inline]
pub(crate) fn reference(raw: u32) -> Result<Reference, CallError> {
    Reference::from_raw(raw).ok_or(CallError::NoSuchCall)
}

impl Stream {
    /// Sends a message and waits for the reply, which overwrites it (`inc_invoke`). If the
    /// receiver lets its invokers go without a reply, the message stays as it is.
    #[inline]
    pub fn invoke(&self, message: &mut Message<'_>) -> Result<(), CallError> {
        message.exchange(|message| Calls::inc_invoke(self.0.argument(), message))
    }

    /// Sends a message with at most 1536 bytes of extra data, and waits until it has arrived
    /// (`inc_send`).
    #[inline]
    pub fn send(&self, message: &mut Message<'_>) -> Result<(), CallError> {
        message.send(|message| Calls::inc_send(self.0.argument(), message))
    }

    /// Sends a message that may be lost, with at most 1536 bytes of extra data (`inc_dgram`).
    #[inline]
    pub fn dgram(&self, message: &mut Message<'_>) -> Result<(), CallError> {
        message.send(|message| Calls::inc_dgram(self.0.argument(), message))
    }

    /// A handle to this stream (`inc_hanCreate`).
    pub fn handle(&self) -> Result<StreamHandle, CallError> {
        let handle = Calls::inc_hanCreate(self.0.argument())?;
        reference(handle.0).map(StreamHandle)
    }

    /// A new port at the channel of this stream (`inc_portCreate`).
    pub fn new_port(&self) -> Result<Port, CallError> {
        let port = Calls::inc_portCreate(self.0.argument())?;
        reference(port.0).map(Port)
    }

    /// For asynchronous invocations, of which at most `limit`, 1 or more, are incomplete at a
    /// time (`inc_setBufferLimit`).
    pub fn asynchronous(&self, limit: u32) -> Result<AsyncStream<'_>, CallError> {
        set_limit(self, limit)?;
        Ok(AsyncStream { stream: self, limit, in_use: VecDeque::new() })
    }
}

fn set_limit(stream: &Stream, limit: u32) -> Result<(), CallError> {
    let limit = i32::try_from(limit).map_err(|_| CallError::BadArgument)?;
    Calls::inc_setBufferLimit(stream.0.argument(), limit)
}

/// A stream with asynchronous invocations. Their data belongs to the stream until the system
/// does not need it any more; dropped earlier, the stream never gives it back.
#[derive(Debug)]
pub struct AsyncStream<'s> {
    stream: &'s Stream,
    limit: u32,
    /// Data that may still be fetched, the oldest first: a receiver takes a stream's messages
    /// in their order.
    in_use: VecDeque<Vec<u8>>,
}

impl AsyncStream<'_> {
    /// Sends the header and reference of a message with `data`, which is fetched when the
    /// message is received (`inc_asinvoke`). Waits while the limit is reached. Answers data of
    /// an earlier message that is free again.
    ///
    /// [`CallError::PeerLost`] may be that of an earlier message.
    pub fn invoke(
        &mut self,
        message: &mut Message<'_>,
        data: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, CallError> {
        let stream = self.stream.0.argument();
        message.send_with(&data, |message| Calls::inc_asinvoke(stream, message))?;
        self.in_use.push_back(data);
        let is_over = self.in_use.len() > self.limit as usize;
        Ok(if is_over { self.in_use.pop_front() } else { None })
    }

    /// Waits until all messages have been received, and answers their data.
    pub fn wait(&mut self) -> Result<Vec<Vec<u8>>, CallError> {
        // With a limit of one, the stream can send again when nothing is incomplete.
        set_limit(self.stream, 1)?;
        let result = event::wait(&mut [Event::invokable(self.stream)], Timeout::Forever)
            .map(|events| events.first().map_or(0, |event| event.details().0 as i32));
        set_limit(self.stream, self.limit)?;
        if let Some(error) = CallError::from_code(result?) {
            return Err(error);
        }
        Ok(self.in_use.drain(..).collect())
    }
}

impl Drop for AsyncStream<'_> {
    fn drop(&mut self) {
        for data in self.in_use.drain(..) {
            core::mem::forget(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;
    use abi::constants::{Domain, RefType, inc_rights};
    use abi::ids::RefId;
    use abi::structs::{Keep, Msg, RefDescrip};
    use zerocopy::big_endian::U32;

    use super::*;
    use crate::pretended::{closed, expect, message, read, write};
    use crate::reference::{Incarnation, Received};

    fn stream(raw: u32) -> Stream {
        Stream::from_raw(RefId::from_raw(raw).unwrap())
    }

    /// Answers an invocation with this data and reference, as a kernel writes them.
    fn reply(at: u32, head: u32, data: &[u8], reference: RefDescrip) -> u32 {
        let mut reply: Msg = message(at);
        reply.m_head[..4].copy_from_slice(&head.to_be_bytes());
        reply.m_ref = reference;
        write(at, reply.as_bytes());
        write(reply.m_base.get(), data);
        data.len() as u32
    }

    #[test]
    fn a_reply_overwrites_the_message() {
        expect(Call::Invoke, |[to, at, ..]| {
            let sent = message(at);
            assert_eq!((to, sent.m_head[3]), (0x20000, 7));
            assert_eq!((sent.m_cnt.get(), sent.m_nreply.get()), (2, 8));
            assert_eq!(read(sent.m_base.get(), 2), b"hi");
            Ok(reply(at, 8, b"hello", RefDescrip::new(RefType::Port, 0x30001, Domain::Any, 0)))
        });
        let mut buffer = *b"hi......";
        let mut message = Message::with_head(&U32::new(7)).buffer(&mut buffer, 2);
        stream(0x20000).invoke(&mut message).unwrap();
        assert_eq!(message.head::<U32>().get(), 8);
        assert_eq!(message.extra(), b"hello");
        let Some(Received::Port(port)) = message.take_reference() else { panic!("no port") };
        assert!(message.take_reference().is_none(), "a reference is taken once");
        drop((message, port));
        assert_eq!(closed(), [0x20000, 0x30001]);
    }

    #[test]
    fn a_reference_that_nobody_takes_is_closed() {
        let came = RefDescrip::new(RefType::Stream, 0x30001, Domain::Any, 0);
        for _ in 0..2 {
            expect(Call::Invoke, move |[_, at, ..]| {
                assert_eq!(message(at).m_ref, RefDescrip::NONE, "it is not sent back");
                Ok(reply(at, 0, &[], came))
            });
        }
        let to = stream(0x20000);
        let mut message = Message::new();
        to.invoke(&mut message).unwrap();
        to.invoke(&mut message).unwrap();
        assert_eq!(closed(), [0x30001]);
        drop(message);
        assert_eq!(closed(), [0x30001, 0x30001]);
    }

    #[test]
    fn an_invoker_that_was_let_go_keeps_its_references() {
        expect(Call::Invoke, |_| Ok(0));
        let child = Incarnation::from_raw(RefId::from_raw(0x20001).unwrap());
        let rights = inc_rights::STATUS;
        let mut message = Message::new().reference_with_rights(&child, Domain::Rdc, rights);
        stream(0x20000).invoke(&mut message).unwrap();
        assert!(message.take_reference().is_none(), "it is not one that came");
        drop(message);
        assert_eq!(closed(), [0x20000]);
        drop(child);
        assert_eq!(closed(), [0x20000, 0x20001]);
    }

    #[test]
    fn what_is_given_is_closed_once() {
        let given = |result| {
            expect(Call::Send, move |[_, at, ..]| {
                let reference = message(at).m_ref;
                assert_eq!(reference.keep(), Keep::Destroy);
                assert_eq!(reference.rd_obj.id.get(), 0x20001);
                result
            });
            let mut message = Message::new().give(stream(0x20001), Domain::Any);
            stream(0x20000).send(&mut message)
        };
        assert_eq!(given(Ok(0)), Ok(()));
        assert_eq!(closed(), [0x20000], "the kernel has closed the other");
        assert_eq!(given(Err(CallError::Busy)), Err(CallError::Busy));
        assert_eq!(closed(), [0x20000, 0x20000, 0x20001]);
    }

    #[test]
    fn a_reply_without_a_reference_takes_that_of_the_message() {
        expect(Call::Invoke, |[_, at, ..]| {
            assert_eq!(message(at).m_ref.ref_type(), Some(RefType::Incarnation));
            Ok(reply(at, 9, &[], RefDescrip::NONE))
        });
        let child = Incarnation::from_raw(RefId::from_raw(0x20001).unwrap());
        let to = stream(0x20000);
        let mut message = Message::new().reference(&child, Domain::Rdc);
        to.invoke(&mut message).unwrap();
        assert!(message.take_reference().is_none());
        expect(Call::Send, |[_, at, ..]| {
            assert_eq!(crate::pretended::message(at).m_ref, RefDescrip::NONE);
            Ok(0)
        });
        to.send(&mut message).unwrap();
        drop(message);
        assert_eq!(closed(), [] as [u32; 0]);
    }

    #[test]
    fn a_message_that_was_received_asks_for_no_more_than_it_has_room_for() {
        expect(Call::Receive, |[_, at, ..]| {
            let mut arrived = message(at);
            arrived.m_nreply = 100.into();
            write(at, arrived.as_bytes());
            Ok(1)
        });
        let port = Port::from_raw(RefId::from_raw(0x20001).unwrap());
        let mut message = Message::new();
        port.receive(&mut message).unwrap();
        assert_eq!(message.reply_room(), 100);
        expect(Call::Invoke, |[_, at, ..]| {
            assert_eq!(crate::pretended::message(at).m_nreply.get(), 0);
            Ok(0)
        });
        stream(0x20000).invoke(&mut message).unwrap();
    }

    #[test]
    fn a_message_keeps_nothing_of_what_is_fetched_later() {
        let stream = stream(0x20000);
        expect(Call::SetBufferLimit, |_| Ok(0));
        let mut sending = stream.asynchronous(1).unwrap();
        expect(Call::AsInvoke, |_| Ok(0));
        let mut message = Message::new();
        sending.invoke(&mut message, b"data".to_vec()).unwrap();
        expect(Call::Send, |[_, at, ..]| {
            let sent = crate::pretended::message(at);
            assert_eq!((sent.m_cnt.get(), sent.m_base.get()), (0, 0));
            Ok(0)
        });
        stream.send(&mut message).unwrap();
    }

    #[test]
    fn data_of_asynchronous_invocations_comes_back() {
        expect(Call::SetBufferLimit, |[_, limit, ..]| {
            assert_eq!(limit, 2);
            Ok(0)
        });
        let stream = stream(0x20000);
        let mut sending = stream.asynchronous(2).unwrap();
        let mut message = Message::new();
        let mut invoke = |data: &'static [u8]| {
            expect(Call::AsInvoke, move |[_, at, ..]| {
                let sent = crate::pretended::message(at);
                assert_eq!(read(sent.m_base.get(), sent.m_cnt.get()), data);
                Ok(0)
            });
            sending.invoke(&mut message, data.to_vec()).unwrap()
        };
        assert_eq!(invoke(b"one"), None);
        assert_eq!(invoke(b"two"), None);
        assert_eq!(invoke(b"three"), Some(b"one".to_vec()), "the limit is two");
        expect(Call::SetBufferLimit, |[_, limit, ..]| {
            assert_eq!(limit, 1);
            Ok(0)
        });
        expect(Call::EventWait, |_| Ok(1));
        expect(Call::SetBufferLimit, |[_, limit, ..]| {
            assert_eq!(limit, 2);
            Ok(0)
        });
        assert_eq!(sending.wait().unwrap(), [b"two".to_vec(), b"three".to_vec()]);
    }
}
