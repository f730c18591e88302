//! Sends to two peers, who receive in alternation (dissertation, A.3).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bench::reconfigure::{Head, Mechanism, Plan, Run, Tally, Task};
use rdc::reconfigure::{Arrived, replace};
use rdc::{
    CallError, ChannelType, Child, Domain, Message, Module, NodeId, PortHandle, Propagate, Stream,
};
use zerocopy::{FromBytes, IntoBytes};

use crate::{Call, Failure, Order};

/// Of so many datagrams the last one is an invocation: the sender waits for the receiver, and
/// what has its messages go elsewhere is not lost.
const DGRAMS_WITH_PAUSE: u32 = 10;
/// Runs that a peer can report.
const RUNS: usize = 4096;

/// Sends, and has the receiver changed meanwhile as `plan` says.
pub fn run(order: &Order, plan: Plan) -> Result<(), Failure> {
    let ahead = 2 * plan.every.get().max(DGRAMS_WITH_PAUSE);
    let mut sender = Sender::new(order, plan).map_err(|error| error.to_string())?;
    sender.send(ahead).map_err(|error| error.to_string())?;
    rdc::println!("begin");
    sender.send(order.count).map_err(|error| error.to_string())?;
    rdc::println!("end");
    sender.report()
}

struct Sender {
    call: Call,
    stream: Stream,
    data: Vec<u8>,
    /// Messages sent so far.
    sent: u32,
    peers: [Child; 2],
    manager: Option<Child>,
}

impl Sender {
    fn new(order: &Order, plan: Plan) -> Result<Sender, CallError> {
        let nodes = rdc::nodes()?;
        let mut others = nodes.iter().map(|node| node.id).filter(|node| *node != rdc::node());
        let mut create = |name| -> Result<Child, CallError> {
            let node: NodeId = others.next().ok_or(CallError::NoSuchNode)?;
            Module::named(name)?.create(node, plan.as_bytes())
        };
        let peers = [create("peer")?, create("peer")?];
        let (stream, manager) = match plan.mechanism() {
            Some(Mechanism::Propagate) => (share_port(&peers)?, None),
            mechanism => {
                let manager = create("manager")?;
                let handles = introduce(&peers, [&manager.stream, &manager.stream])?;
                handles.iter().try_for_each(|handle| tell(&manager.stream, handle))?;
                let stream = match mechanism {
                    Some(Mechanism::Attach) => share_channel(&handles[0], &manager.stream)?,
                    _ => share_stream(&peers, &manager.stream)?,
                };
                (stream, Some(manager))
            }
        };
        let data = alloc::vec![0x5a; order.bytes];
        Ok(Sender { call: order.call, stream, data, sent: 0, peers, manager })
    }

    /// Sends so many messages.
    fn send(&mut self, count: u32) -> Result<(), CallError> {
        let numbers = self.sent..self.sent + count;
        self.sent += count;
        let head = |number| Head::new(Task::Count, number);
        let Sender { call, stream, data, .. } = self;
        let with_data = |number| Message::with_head(&head(number)).data(data);
        match call {
            Call::Send => {
                let mut message = Message::new().data(data);
                for number in numbers {
                    message.set_head(&head(number));
                    stream.send(&mut message)?;
                }
            }
            Call::Dgram => {
                for number in numbers {
                    if number % DGRAMS_WITH_PAUSE == DGRAMS_WITH_PAUSE - 1 {
                        stream.invoke(&mut with_data(number))?;
                    } else {
                        stream.dgram(&mut with_data(number))?;
                    }
                }
            }
            Call::AsInvoke => {
                let mut asynchronous = stream.asynchronous(1)?;
                let mut spare = None;
                for number in numbers {
                    let data = spare.take().unwrap_or_else(|| data.clone());
                    let mut message = Message::with_head(&head(number));
                    spare = asynchronous.invoke(&mut message, data)?;
                }
                asynchronous.wait()?;
            }
            _ => {
                for number in numbers {
                    stream.invoke(&mut with_data(number))?;
                }
            }
        }
        Ok(())
    }

    /// Checks that everything has arrived, once and in order, and says how.
    fn report(&self) -> Result<(), Failure> {
        let failed = |error: CallError| error.to_string();
        // When this has arrived, everything before it has.
        self.stream.invoke(&mut letter(Task::LetGo)).map_err(failed)?;
        let changes = match &self.manager {
            Some(manager) => {
                let mut message = letter(Task::Report);
                manager.stream.invoke(&mut message).map_err(failed)?;
                Some(message.head::<Head>().number.get())
            }
            None => None,
        };
        let [first, second] = self.peers.each_ref().map(|peer| runs(&peer.stream));
        let (first, second) = (first?, second?);
        let tally = Tally::of([&first, &second], self.sent).map_err(|Run { first, end }| {
            alloc::format!("messages {first} to {} have come twice, or too late", end.get() - 1)
        })?;
        if tally.lost > 0 && self.call != Call::Dgram {
            return Err(tally.lost.to_string() + " messages are lost");
        }
        let changes = changes.unwrap_or(tally.turns - 1);
        rdc::println!("{changes} changes, {} turns, {} lost", tally.turns, tally.lost);
        Ok(())
    }
}

fn letter(task: Task) -> Message<'static> {
    Message::with_head(&Head::new(task, 0))
}

/// What a peer has received.
fn runs(peer: &Stream) -> Result<Vec<Run>, Failure> {
    let mut buffer = alloc::vec![0; RUNS * size_of::<Run>()];
    let mut message = letter(Task::Report).buffer(&mut buffer, 0);
    peer.invoke(&mut message).map_err(|error| error.to_string())?;
    let runs = <[Run]>::ref_from_bytes(message.extra()).map_err(|_| "a report is cut off")?;
    if runs.len() != message.head::<Head>().number.get() as usize {
        return Err(String::from("a peer has received more runs than it can report"));
    }
    Ok(runs.to_vec())
}

/// Tells the peers their partners, and answers handles to their ports.
fn introduce(peers: &[Child; 2], partners: [&Stream; 2]) -> Result<[PortHandle; 2], CallError> {
    let meet = |peer: &Child, partner: &Stream| {
        let mut message = letter(Task::Meet).reference(partner, Domain::Any);
        peer.stream.invoke(&mut message)?;
        message.take_reference().ok_or(CallError::WrongReferenceType)?.try_into()
    };
    Ok([meet(&peers[0], partners[0])?, meet(&peers[1], partners[1])?])
}

/// A stream to a port that the peers give to each other.
fn share_port(peers: &[Child; 2]) -> Result<Stream, CallError> {
    introduce(peers, [&peers[1].stream, &peers[0].stream])?;
    let (stream, port) = rdc::channel(ChannelType::Unicast)?;
    peers[0].stream.send(&mut letter(Task::Hold).give(port, Domain::Any))?;
    Ok(stream)
}

/// A stream to a channel that the manager attaches to the ports of both in turn.
fn share_channel(first: &PortHandle, manager: &Stream) -> Result<Stream, CallError> {
    let (stream, port) = rdc::channel(ChannelType::Unicast)?;
    replace(&port, first, &stream, Arrived::Stay)?;
    tell(manager, &stream)?;
    Ok(stream)
}

/// A stream that the manager leads to both in turn.
fn share_stream(peers: &[Child; 2], manager: &Stream) -> Result<Stream, CallError> {
    let (stream, _port) = rdc::channel(ChannelType::Unicast)?;
    let handle = stream.handle()?;
    handle.rebind(&peers[0].stream)?;
    tell(manager, &handle)?;
    peers.iter().try_for_each(|peer| tell(manager, &peer.stream))?;
    Ok(stream)
}

fn tell<R: Propagate>(manager: &Stream, reference: &R) -> Result<(), CallError> {
    manager.send(&mut letter(Task::Meet).reference(reference, Domain::Any))
}
