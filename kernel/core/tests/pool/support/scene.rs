//! A scene in which one incarnation holds a reference of every type, with all rights and
//! without any, and knows identifiers that are good for nothing.

use abi::calls::Call;
use abi::constants::{Domain, RefType, buffer_rights, inc_rights};
use abi::structs::RefDescrip;
use kernel::SystemRights;

use super::memory::BASE;
use super::user::{BUFFER, copy_of};
use super::{Inc, Pool};

/// Bytes of the buffer that the caller has handles to.
pub const BUFFER_BYTES: u32 = 100;

/// An address of text: it can be read, and not written.
pub const TEXT_ADDRESS: u32 = BASE + 64;

/// The caller, whom it talks to, and what it holds.
pub struct Scene {
    pub pool: Pool,
    /// The launch endpoint, on node 0.
    pub launch: Inc,
    /// Who makes the calls, on node 1.
    pub caller: Inc,
    /// The other side, on node 2; it waits for a reply of the caller.
    pub peer: Inc,
    /// A stream to the standard port of the peer.
    pub stream: u32,
    /// A stream that may not be propagated.
    pub confined: u32,
    /// A stream to whose channel no port is attached.
    pub unattached: u32,
    /// A handle to the peer with all rights.
    pub child: u32,
    /// A handle to the peer without rights.
    pub powerless: u32,
    /// A handle to `stream`.
    pub stream_handle: u32,
    /// A handle to the caller's own standard port.
    pub port_handle: u32,
    /// A handle to a buffer of the peer with all rights.
    pub buffer: u32,
    /// A handle to the same buffer without rights.
    pub sealed: u32,
    /// A reply handle: the peer waits.
    pub reply: u32,
    /// Identifiers of references that were closed; the place of the second is taken again.
    pub stale: [u32; 2],
    /// An identifier that the peer holds and the caller does not.
    pub foreign: u32,
    /// A hole in the caller's memory, and the end of it.
    pub hole: u32,
    pub end: u32,
}

impl Scene {
    pub fn new() -> Self {
        let mut pool = Pool::new(3);
        let mut launch = pool.launch_everywhere(SystemRights::ManageNodes);
        let (mut peer, handle, to_peer) = pool.create(&mut launch, 2);
        let (mut caller, _, to_caller) = pool.create(&mut launch, 1);
        let bytes = pool.node(1).memory().image(caller.slot).len();
        let mut give =
            |descriptor| hand_over(&mut pool, &mut launch, to_caller, &mut caller, descriptor);
        let stream = give(copy_of(RefType::Stream, to_peer, 0));
        let confined = give(RefDescrip::new(RefType::Stream, to_peer, Domain::NoFurther, 0));
        let child = give(copy_of(RefType::Incarnation, handle, inc_rights::ALL));
        let powerless = give(copy_of(RefType::Incarnation, handle, 0));
        let back = copy_of(RefType::Stream, to_caller, 0);
        let back = hand_over(&mut pool, &mut launch, to_peer, &mut peer, back);
        let mut lend = |rights| {
            let mut descriptor = copy_of(RefType::Buffer, BUFFER, rights);
            descriptor.rd_obj.count = BUFFER_BYTES.into();
            hand_over(&mut pool, &mut peer, back, &mut caller, descriptor)
        };
        Self {
            stream,
            confined,
            child,
            powerless,
            buffer: lend(buffer_rights::READ | buffer_rights::WRITE),
            sealed: lend(0),
            stale: make_stale(&mut pool, &caller, stream),
            foreign: make_foreign(&mut pool, &peer, back, &caller),
            stream_handle: caller.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32,
            port_handle: caller.quick(&mut pool, Call::HanCreate, [caller.port, 0, 0, 0, 0]) as u32,
            unattached: make_unattached(&mut pool, &mut caller),
            reply: make_reply(&mut pool, &mut peer, back, &mut caller),
            hole: caller.quick(&mut pool, Call::Brk, [0; 5]) as u32,
            end: BASE + bytes as u32,
            pool,
            launch,
            caller,
            peer,
        }
    }

    /// A reference of each type that the caller holds, with all rights.
    pub fn by_type(&self) -> [(RefType, u32); 7] {
        [
            (RefType::Incarnation, self.child),
            (RefType::Stream, self.stream),
            (RefType::Port, self.caller.port),
            (RefType::StreamHandle, self.stream_handle),
            (RefType::PortHandle, self.port_handle),
            (RefType::BufferHandle, self.buffer),
            (RefType::ReplyHandle, self.reply),
        ]
    }

    /// Identifiers that the caller holds no reference of.
    pub fn unknown_ids(&self) -> Vec<u32> {
        let forged = [0x1_0fff, 0x7fff_ffff, 0x8000_0000, u32::MAX];
        let known = self.by_type().map(|(_, id)| id + (1 << 12));
        [&self.stale[..], &[self.foreign], &forged, &known].concat()
    }

    /// Addresses that the caller can neither read nor write: null and what lies near it, a
    /// hole, what lies behind its memory, slices of nodes, the kernel's, the highest.
    pub fn bad_addresses(&self) -> Vec<u32> {
        let slices = [0x0100_0000, 0x0200_0000, 0x0fff_fffe];
        let kernel = [0x8000_0000, 0xff00_8000, 0xffff_fffe, u32::MAX];
        [&[0, 3, BASE - 4, self.hole, self.end][..], &slices, &kernel].concat()
    }

    /// What a call that is refused may not change.
    pub fn snapshot(&mut self) -> Snapshot {
        let Self { pool, launch, caller, peer, .. } = self;
        let ask = |pool: &mut Pool, call, args| caller.quick(pool, call, args);
        let indices = (0..32).flat_map(|index| (0..4).map(move |age| index | (16 + age) << 12));
        let references: Vec<i32> =
            indices.map(|id| ask(pool, Call::TestReference, [id, 0, 0, 0, 0])).collect();
        let queue = ask(pool, Call::TestPort, [caller.port, 0, 0, 0, 0]);
        let mut memories = Vec::new();
        for inc in [launch, caller, peer] {
            memories.push(pool.node(inc.node).memory().image(inc.slot));
        }
        let mut nodes = Vec::new();
        for node in 0..3 {
            pool.node(node).integrity().expect("the kernel's tables agree");
            let free = kernel::platform::Memory::free_pages(&*pool.node(node).memory());
            nodes.push(format!(
                "{:?} {:?} {free} pages {:?}",
                pool.node(node).residents(),
                pool.node(node).messages_in_use(),
                pool.node(node).machine().started,
            ));
        }
        let wires = pool.wires.borrow();
        let outside = (wires.sent.len(), super::bus::open_grants(&pool.wires));
        Snapshot { references, queue, memories, nodes, outside }
    }
}

/// What a call that is refused may not change: all that can be seen from outside.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What each identifier in question is to the caller.
    references: Vec<i32>,
    /// Messages at the caller's port.
    queue: i32,
    /// Every byte of every incarnation.
    memories: Vec<Vec<u8>>,
    /// Who is at each node in which state, and what is in use there.
    nodes: Vec<String>,
    /// Packets sent and grants open.
    outside: (usize, usize),
}

impl Snapshot {
    /// The first part that differs from `other`, if one does.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            ("references", self.references != other.references),
            ("a queue", self.queue != other.queue),
            ("memory", self.memories != other.memories),
            ("a node", self.nodes != other.nodes),
            ("packets or grants", self.outside != other.outside),
        ];
        parts.iter().find(|part| part.1).map(|part| part.0)
    }
}

/// Gives a reference to whoever receives from `stream`; answers what he calls it.
pub fn hand_over(
    pool: &mut Pool,
    giver: &mut Inc,
    stream: u32,
    taker: &mut Inc,
    descriptor: RefDescrip,
) -> u32 {
    assert_eq!(giver.give(pool, stream, descriptor), 0, "the reference can be given");
    let port = taker.port;
    taker.receive(pool, port, false).reference.rd_obj.id.get()
}

/// Two identifiers that were closed, the second with its place taken again.
fn make_stale(pool: &mut Pool, caller: &Inc, stream: u32) -> [u32; 2] {
    let make = |pool: &mut Pool| caller.quick(pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    let close = |pool: &mut Pool, id| caller.quick(pool, Call::Close, [id, 0, 0, 0, 0]);
    let reused = make(pool);
    assert_eq!(close(pool, reused), 0);
    loop {
        let id = make(pool);
        if id & 0xfff == reused & 0xfff {
            let closed = make(pool);
            assert_eq!(close(pool, closed), 0);
            return [closed, reused];
        }
        assert_eq!(close(pool, id), 0);
    }
}

/// An identifier that `peer` holds, in a place that `caller` has never used.
fn make_foreign(pool: &mut Pool, peer: &Inc, stream: u32, caller: &Inc) -> u32 {
    let foreign = loop {
        let id = peer.quick(pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
        if id & 0xfff >= 24 {
            break id;
        }
    };
    let known = caller.quick(pool, Call::TestReference, [foreign, 0, 0, 0, 0]);
    assert_eq!(known, 0, "the caller has no reference {foreign:#x}");
    foreign
}

/// A stream to whose channel no port is attached.
pub fn make_unattached(pool: &mut Pool, inc: &mut Inc) -> u32 {
    let (stream, port) = inc.channel(pool);
    assert_eq!(inc.quick(pool, Call::Close, [port, 0, 0, 0, 0]), 0);
    stream
}

/// A reply handle of `caller`: `peer` waits for the reply, with room for some data.
fn make_reply(pool: &mut Pool, peer: &mut Inc, stream: u32, caller: &mut Inc) -> u32 {
    peer.start_invoke(pool, stream, b"question", &[], 100);
    let port = caller.port;
    caller.receive(pool, port, true).result
}
