//! The calls themselves, each in a loop of its own.

use alloc::string::ToString;
use alloc::vec::Vec;

use bench::{Role, Search};
use rdc::event::{self, Event};
use rdc::space::{self, Copies};
use rdc::{
    BufferHandle, CallError, ChannelType, Child, Domain, Message, Module, NodeId, Received, Stream,
    Timeout,
};
use zerocopy::big_endian::U32;

use crate::{Call, Failure, Order};

/// Datagrams that may be on their way: more might be dropped.
const DGRAMS_AHEAD: u32 = 8;
/// Incarnations that are created before all of them are destroyed.
const CHILDREN: u32 = 5;

/// Repeats one call.
pub struct Repeater<'s> {
    call: Call,
    module: Module,
    node: NodeId,
    receiver: &'s Stream,
    data: Vec<u8>,
    /// Messages that the receiver should have dropped by now.
    dropped: u32,
    /// The receiver's buffer, if it lends one.
    lent: Option<BufferHandle>,
    /// The incarnations that were created.
    children: Vec<Child>,
}

impl<'s> Repeater<'s> {
    /// Calls as `order` says: an incarnation of `module`, to which `receiver` leads.
    pub fn new(order: &Order, module: Module, receiver: &'s Stream) -> Result<Self, Failure> {
        let lent = match order.call {
            Call::CopyTo | Call::CopyFrom => Some(borrow(receiver)?),
            _ => None,
        };
        if matches!(order.call, Call::Get | Call::GetUncached) {
            deposit(receiver).map_err(|error| error.to_string())?;
        }
        let data = alloc::vec![0x5a; order.bytes];
        Ok(Repeater {
            call: order.call,
            module,
            node: order.node,
            receiver,
            data,
            dropped: 0,
            lent,
            children: Vec::with_capacity(CHILDREN as usize),
        })
    }

    /// How many calls may be made until [`Repeater::clear`].
    pub fn at_a_time(&self) -> u32 {
        if self.call == Call::Create { CHILDREN } else { u32::MAX }
    }

    /// Takes away what the calls have left.
    pub fn clear(&mut self) -> Result<(), Failure> {
        self.destroy_children().map_err(|error| error.to_string())
    }

    /// Makes the call `count` times.
    pub fn repeat(&mut self, count: u32) -> Result<(), Failure> {
        match self.call {
            Call::Null => {
                (0..count).for_each(|_| {
                    let _ = rdc::rdc_id();
                });
                Ok(())
            }
            Call::Invoke | Call::Release => self.invoke(count),
            Call::Stream => self.pass_stream(count),
            Call::AsInvoke => self.asinvoke(count),
            Call::Send => self.send(count),
            Call::Dgram => return self.dgram(count),
            Call::CopyTo | Call::CopyFrom => self.copy(count),
            Call::Create => self.create(count),
            Call::Get => self.get(count, true),
            Call::GetUncached => self.get(count, false),
        }
        .map_err(|error| error.to_string())
    }

    fn invoke(&mut self, count: u32) -> Result<(), CallError> {
        let mut message = Message::new();
        for _ in 0..count {
            // The reply to the last one has overwritten it.
            if !self.data.is_empty() {
                message = message.data(&self.data);
            }
            self.receiver.invoke(&mut message)?;
        }
        Ok(())
    }

    fn send(&mut self, count: u32) -> Result<(), CallError> {
        let mut message = Message::new().data(&self.data);
        (0..count).try_for_each(|_| self.receiver.send(&mut message))
    }

    /// Sends datagrams, after each few an invocation, to wait until they are received: of those
    /// that were dropped the receiver's part would not be counted.
    fn dgram(&mut self, count: u32) -> Result<(), Failure> {
        let mut message = Message::new().data(&self.data);
        let mut pause = Message::new();
        for sent in 0..count {
            self.receiver.dgram(&mut message).map_err(|error| error.to_string())?;
            if sent % DGRAMS_AHEAD == DGRAMS_AHEAD - 1 {
                self.receiver.invoke(&mut pause).map_err(|error| error.to_string())?;
            }
        }
        self.dropped += count;
        self.receiver.invoke(&mut pause).map_err(|error| error.to_string())?;
        match self.dropped - pause.head::<U32>().get() {
            0 => Ok(()),
            lost => Err(lost.to_string() + " datagrams were lost"),
        }
    }

    fn asinvoke(&mut self, count: u32) -> Result<(), CallError> {
        let mut message = Message::new();
        let mut stream = self.receiver.asynchronous(1)?;
        let mut spare = Some(self.data.clone());
        for _ in 0..count {
            let data = spare.take().unwrap_or_else(|| self.data.clone());
            spare = stream.invoke(&mut message, data)?;
        }
        stream.wait().map(drop)
    }

    /// Gives a stream away and gets it back by the reply.
    fn pass_stream(&mut self, count: u32) -> Result<(), CallError> {
        let (mut stream, _port) = rdc::channel(ChannelType::Unicast)?;
        for _ in 0..count {
            let mut message = Message::new().give(stream, Domain::Any);
            self.receiver.invoke(&mut message)?;
            let Some(Received::Stream(returned)) = message.take_reference() else {
                return Err(CallError::PeerLost);
            };
            stream = returned;
        }
        Ok(())
    }

    fn copy(&mut self, count: u32) -> Result<(), CallError> {
        let lent = self.lent.as_ref().ok_or(CallError::BadArgument)?;
        match self.call {
            Call::CopyTo => (0..count).try_for_each(|_| lent.copy_to(0, &self.data)),
            _ => (0..count).try_for_each(|_| lent.copy_from(0, &mut self.data)),
        }
    }

    fn create(&mut self, count: u32) -> Result<(), CallError> {
        for _ in 0..count {
            let child = self.module.create(self.node, &[Role::Greet as u8])?;
            child.stream.invoke(&mut Message::new())?;
            self.children.push(child);
        }
        Ok(())
    }

    fn get(&mut self, count: u32, is_cached: bool) -> Result<(), CallError> {
        let search = Search { count: count.into(), is_cached: u32::from(is_cached).into() };
        self.receiver.invoke(&mut Message::with_head(&search))
    }

    fn destroy_children(&mut self) -> Result<(), CallError> {
        for child in self.children.drain(..) {
            child.incarnation.destroy()?;
            event::wait(&mut [Event::dead(&child.incarnation)], Timeout::Forever)?;
        }
        Ok(())
    }
}

/// Leaves in stream space what is got there.
fn deposit(stream: &Stream) -> Result<(), CallError> {
    let label = |is_cached: u32| Search { count: U32::ZERO, is_cached: is_cached.into() }.label();
    space::put(label(1), stream, Copies::Unlimited)?;
    space::put(label(0), stream, Copies::Uncached)
}

fn borrow(receiver: &Stream) -> Result<BufferHandle, Failure> {
    let mut message = Message::new();
    receiver.invoke(&mut message).map_err(|error| error.to_string())?;
    match message.take_reference() {
        Some(Received::Buffer(buffer, _)) => Ok(buffer),
        _ => Err("the receiver has lent no buffer".into()),
    }
}
