//! The calls themselves, each in a loop of its own.

use alloc::string::ToString;
use alloc::vec::Vec;

use bench::{Role, Search};
use rdc::event::{self, Event};
use rdc::space::{self, Copies};
use rdc::{
    BufferHandle, CallError, ChannelType, Child, Domain, ExitCode, Forked, Incarnation,
    InitialState, Message, Module, NodeId, Received, Stream, Timeout,
};
use zerocopy::big_endian::U32;

use crate::{Call, Failure, Order};

/// Datagrams that may be on their way: more might be dropped.
const DGRAMS_AHEAD: u32 = 8;
/// Incarnations that are created before all of them are destroyed.
const CHILDREN: u32 = 5;
/// The same if they are made on all nodes.
const CROWD: u32 = 100;
/// Nodes with a member of the group.
const MEMBERS: usize = 2;

/// Repeats one call.
pub struct Repeater<'s> {
    call: Call,
    module: Module,
    node: NodeId,
    receiver: &'s Stream,
    data: Vec<u8>,
    /// Messages that the receiver should have dropped by now.
    dropped: u32,
    /// What all calls need that are made alike.
    equipment: Equipment,
    /// The incarnations that were created.
    children: Vec<Child>,
    /// Those that were forked.
    forked: Vec<Incarnation>,
}

/// What a call needs beside a receiver.
enum Equipment {
    /// Nothing.
    None,
    /// The receiver's buffer.
    Lent(BufferHandle),
    /// An INCHOATE incarnation, and the nodes.
    Template(Child, Vec<NodeId>),
    /// A stream to a group.
    Group(Stream),
}

impl<'s> Repeater<'s> {
    /// Calls as `order` says: an incarnation of `module`, to which `receiver` leads.
    pub fn new(order: &Order, module: Module, receiver: &'s Stream) -> Result<Self, Failure> {
        if matches!(order.call, Call::Get | Call::GetUncached) {
            deposit(receiver).map_err(|error| error.to_string())?;
        }
        let data = alloc::vec![0x5a; order.bytes];
        let equipment = match order.call {
            Call::CopyTo | Call::CopyFrom => Ok(Equipment::Lent(borrow(receiver)?)),
            Call::Crowd => template(module),
            // A child that stays keeps the text on its node.
            Call::Fork => fork_to(order.node).map(|_| Equipment::None),
            Call::Multicast => group(module),
            _ => Ok(Equipment::None),
        };
        let equipment = equipment.map_err(|error| error.to_string())?;
        Ok(Repeater {
            call: order.call,
            module,
            node: order.node,
            receiver,
            data,
            dropped: 0,
            equipment,
            children: Vec::with_capacity(CROWD as usize),
            forked: Vec::with_capacity(CHILDREN as usize),
        })
    }

    /// How many calls may be made until [`Repeater::clear`].
    pub fn at_a_time(&self) -> u32 {
        match self.call {
            Call::Create | Call::Fork => CHILDREN,
            Call::Crowd => CROWD,
            _ => u32::MAX,
        }
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
            Call::Crowd => self.create_everywhere(count),
            Call::Fork => self.fork(count),
            Call::Multicast => self.multicast(count),
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
        let Equipment::Lent(lent) = &self.equipment else { return Err(CallError::BadArgument) };
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

    /// All are being made before the first is asked.
    fn create_everywhere(&mut self, count: u32) -> Result<(), CallError> {
        let Equipment::Template(template, nodes) = &self.equipment else {
            return Err(CallError::BadArgument);
        };
        for (_, node) in (0..count).zip(nodes.iter().cycle()) {
            self.children.push(template.incarnation.create(*node, &[Role::Greet as u8])?);
        }
        self.children.iter().try_for_each(|child| child.stream.invoke(&mut Message::new()))
    }

    fn fork(&mut self, count: u32) -> Result<(), CallError> {
        for _ in 0..count {
            self.forked.push(fork_to(self.node)?);
        }
        Ok(())
    }

    fn multicast(&mut self, count: u32) -> Result<(), CallError> {
        let Equipment::Group(stream) = &self.equipment else {
            return Err(CallError::BadArgument);
        };
        let mut message = Message::new().data(&self.data);
        (0..count).try_for_each(|_| stream.send(&mut message))
    }

    fn destroy_children(&mut self) -> Result<(), CallError> {
        let created = self.children.drain(..).map(|child| child.incarnation);
        for child in created.chain(self.forked.drain(..)) {
            child.destroy()?;
            event::wait(&mut [Event::dead(&child)], Timeout::Forever)?;
        }
        Ok(())
    }
}

/// Goes on in a child on a node, too, which waits for a message until it is destroyed.
fn fork_to(node: NodeId) -> Result<Incarnation, CallError> {
    match rdc::fork(node, &[])? {
        Forked::Parent { child, .. } => Ok(child),
        Forked::Child => {
            let received = rdc::port().receive(&mut Message::new());
            rdc::exit(ExitCode(i32::from(received.is_err())))
        }
    }
}

/// An INCHOATE incarnation here, and all nodes.
fn template(module: Module) -> Result<Equipment, CallError> {
    let template = module.create_as(rdc::node(), &[Role::Greet as u8], InitialState::Inchoate)?;
    let nodes = rdc::nodes()?.iter().map(|node| node.id).collect();
    Ok(Equipment::Template(template, nodes))
}

/// A group with a member on each of two other nodes.
fn group(module: Module) -> Result<Equipment, CallError> {
    let (stream, port) = rdc::channel(ChannelType::Multicast)?;
    let nodes = rdc::nodes()?;
    let mut others = nodes.iter().filter(|node| node.id != rdc::node());
    for _ in 0..MEMBERS {
        let node = others.next().ok_or(CallError::NoSuchNode)?;
        let member = module.create(node.id, &[Role::Join as u8])?;
        member.stream.invoke(&mut Message::new().reference(&port, Domain::Any))?;
    }
    Ok(Equipment::Group(stream))
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
