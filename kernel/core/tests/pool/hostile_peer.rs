//! A peer whose packets are mutilated, repeated out of season, or made up: whatever arrives,
//! the kernel does not panic, and its tables agree.

use std::collections::BTreeMap;
use std::mem::offset_of;
use std::ops::Range;

use abi::calls::Call;
use abi::constants::{EventType, RefType};
use abi::ids::NodeId;
use abi::message::{Body, Header, KernelPort, Kind, PACKET};
use kernel::Config;
use kernel::config::FastPaths;
use kernel::view::Doing;
use proptest::collection::vec;
use proptest::prelude::*;
use zerocopy::FromBytes;

use crate::lost_peer::copy;
use crate::messages::{Cast, cast, client_and_server};
use crate::support::scene::hand_over;
use crate::support::user::{RESULTS, copy_of};
use crate::support::{Inc, Pool};

/// The node that is attacked.
const VICTIM: NodeId = NodeId(1);
/// What a header says of the port, the source and the message.
const ADDRESSES: Range<usize> = 4..size_of::<Header>();
/// Where in it these parts of that are.
const HINT: Range<usize> = offset_of!(Header, hint)..offset_of!(Header, to_id);
const TO_ID: Range<usize> = offset_of!(Header, to_id)..offset_of!(Header, from);
const FROM: Range<usize> = offset_of!(Header, from)..offset_of!(Header, source);
const SOURCE: Range<usize> = offset_of!(Header, source)..offset_of!(Header, sequence);
const SEQUENCE: Range<usize> = offset_of!(Header, sequence)..size_of::<Header>();
/// Bytes that do not fit into a packet.
const BULK: usize = 9000;

/// A packet that no kernel sends.
#[derive(Clone, Debug)]
enum Forgery {
    /// A packet that was sent once, with these changes.
    Changed(prop::sample::Index, Vec<Change>),
    /// Any bytes behind a header with this kind.
    MadeUp(u8, Vec<u8>),
    /// Any bytes at all.
    Noise(Vec<u8>),
}

/// What is changed in a packet.
#[derive(Clone, Debug)]
enum Change {
    /// One bit of it.
    Bit(prop::sample::Index, u8),
    /// One byte of the header or what follows it.
    Byte(usize, u8),
    /// Its real length, which the header may contradict.
    Length(usize),
    /// Its sequence number, by so much.
    Sequence(i8),
    /// The addresses and the number in its header, for those of another packet.
    Aim(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<prop::sample::Index>(), 0..8u8).prop_map(|(at, bit)| Change::Bit(at, bit)),
        (0..120usize, any::<u8>()).prop_map(|(at, value)| Change::Byte(at, value)),
        (0..PACKET).prop_map(Change::Length),
        any::<i8>().prop_map(Change::Sequence),
        any::<prop::sample::Index>().prop_map(Change::Aim),
    ]
}

fn forgery() -> impl Strategy<Value = Forgery> {
    prop_oneof![
        6 => (any::<prop::sample::Index>(), vec(change(), 0..4))
            .prop_map(|(which, changes)| Forgery::Changed(which, changes)),
        1 => (0..18u8, vec(any::<u8>(), 0..200)).prop_map(|(kind, rest)| Forgery::MadeUp(kind, rest)),
        1 => vec(any::<u8>(), 0..PACKET).prop_map(Forgery::Noise),
    ]
}

impl Forgery {
    fn packet(&self, record: &[Vec<u8>]) -> Vec<u8> {
        match self {
            Self::Changed(which, changes) => {
                let mut packet = which.get(record).clone();
                for change in changes {
                    change.apply(&mut packet, record);
                }
                packet
            }
            Self::MadeUp(kind, rest) => [&[*kind][..], rest].concat(),
            Self::Noise(bytes) => bytes.clone(),
        }
    }
}

impl Change {
    fn apply(&self, packet: &mut Vec<u8>, record: &[Vec<u8>]) {
        match self {
            Self::Bit(at, bit) if !packet.is_empty() => {
                let at = at.index(packet.len());
                packet[at] ^= 1 << bit;
            }
            Self::Byte(at, value) if *at < packet.len() => packet[*at] = *value,
            Self::Length(length) => packet.resize(*length, 0xa5),
            Self::Sequence(by) if packet.len() >= size_of::<Header>() => {
                renumber(packet, (*by).into());
            }
            Self::Aim(at) if packet.len() >= size_of::<Header>() => {
                packet[ADDRESSES].copy_from_slice(&at.get(record)[ADDRESSES]);
            }
            _ => {}
        }
    }
}

/// Changes the number of a message.
fn renumber(packet: &mut [u8], by: i32) {
    let number = &mut packet[SEQUENCE];
    let old = u32::from_be_bytes((&*number).try_into().expect("4 bytes"));
    number.copy_from_slice(&old.wrapping_add_signed(by).to_be_bytes());
}

/// A pool in which much has happened and much is under way at the victim, all packets that
/// were sent for it, and who waits for a message.
fn busy_pool() -> (Pool, Vec<Vec<u8>>, Inc) {
    let (mut pool, mut cast) = client_and_server(2);
    pool.wires.borrow_mut().record = Some(Vec::new());
    exchange_messages(&mut pool, &mut cast);
    copy_data(&mut pool, &mut cast);
    control_children(&mut pool, &mut cast);
    let waiter = leave_work(&mut pool, &mut cast);
    let record = pool.wires.borrow_mut().record.take();
    (pool, record.expect("it was begun"), waiter)
}

fn exchange_messages(pool: &mut Pool, cast: &mut Cast) {
    let Cast { client, server, stream, .. } = cast;
    let (port, stream) = (server.port, *stream);
    for data in [&b""[..], b"some data", &[1; BULK]] {
        client.start_invoke(pool, stream, b"invoke", data, BULK as u32);
        server.start_receive(pool, port, true, BULK as u32);
        let handle = server.finish(pool) as u32;
        let message = server.message(pool, 2, b"reply", data);
        server.start(pool, Call::Reply, [handle, message, 0, 0, 0]);
        client.replied(pool);
        assert_eq!(server.finish(pool), 0);
    }
    assert_eq!(client.send(pool, stream, b"send", b"data"), 0);
    let gift = copy_of(RefType::Stream, stream, 0);
    assert_eq!(client.give(pool, stream, gift), 0);
    let message = client.message(pool, 0, b"dgram", &[]);
    assert_eq!(client.call(pool, Call::Dgram, [stream, message, 0, 0, 0]), 0);
    for _ in 0..3 {
        server.receive(pool, port, true);
    }
}

fn copy_data(pool: &mut Pool, cast: &mut Cast) {
    for length in [100, BULK as u32] {
        let (client, args) = copy(pool, cast, length);
        assert_eq!(client.call(pool, Call::CopyTo, args), 0);
        assert_eq!(client.call(pool, Call::CopyFrom, args), 0);
    }
}

fn control_children(pool: &mut Pool, cast: &mut Cast) {
    let launch = &mut cast.launch;
    for end in [Call::Destroy, Call::Freeze] {
        let (_, handle, _) = pool.create(launch, 1);
        assert_eq!(launch.call(pool, Call::Freeze, [handle, 0, 0, 0, 0]), 0);
        assert_eq!(launch.call(pool, Call::Unfreeze, [handle, 5, 0, 0, 0]), 0);
        assert_eq!(launch.call(pool, Call::Status, [handle, RESULTS, 0, 0, 0]), 0);
        launch.start_events(pool, &[(handle, EventType::Faulting as u32)], 0);
        launch.occurred(pool);
        assert_eq!(launch.call(pool, end, [handle, 0, 0, 0, 0]), 0);
    }
}

/// What is under way: invocations to the victim and from it, asynchronous ones, and somebody
/// who waits for a message.
fn leave_work(pool: &mut Pool, cast: &mut Cast) -> Inc {
    let Cast { launch, client, server, stream, to_server, to_client } = cast;
    let back = copy_of(RefType::Stream, *to_client, 0);
    let back = hand_over(pool, launch, *to_server, server, back);
    for (sender, stream) in [(&mut *client, *stream), (&mut *server, back)] {
        let message = sender.message(pool, 0, b"asinvoke", &[1; BULK]);
        assert_eq!(sender.call(pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
    }
    client.start_invoke(pool, *stream, b"waits", &[1; BULK], BULK as u32);
    server.start_invoke(pool, back, b"waits, too", &[1; BULK], BULK as u32);
    let (mut waiter, _, to_waiter) = pool.create(launch, 1);
    assert_eq!(launch.send(pool, to_waiter, b"aim at this", b"data"), 0);
    let port = waiter.port;
    waiter.receive(pool, port, false);
    waiter.start_receive(pool, port, false, BULK as u32);
    launch.start_invoke(pool, *to_server, b"waits with them", &[], 0);
    // Long enough for questions after what is under way, and their answers.
    pool.pass_ms(300);
    waiter
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn forged_packets_break_nothing(
        attack in vec((prop_oneof![Just(0), Just(2)], forgery()), 1..40),
        pause_ms in prop_oneof![4 => Just(0u64), 1 => 1..8000u64],
    ) {
        let (mut pool, record, _) = busy_pool();
        for (from, forgery) in &attack {
            pool.wires.borrow_mut().forge(NodeId(*from), VICTIM, forgery.packet(&record));
            pool.settle();
        }
        // Retries and ageing meet what was forged, and the peers hear of it.
        pool.pass_ms(1000 + pause_ms);
        let running = pool.node(1).residents().into_iter().find(|inc| inc.doing == Doing::Running);
        if let Some(inc) = running {
            pool.node(1).machine().results.remove(&inc.slot);
            pool.node(1).call(inc.slot, Call::Where as u32, [0; 5]);
            prop_assert_eq!(pool.node(1).machine().results[&inc.slot], 1);
        }
    }
}

/// A pool in which messages from node 0 and from node 2 have come to a server on node 1, the
/// short way if there is one, and the last packet of each.
fn two_lines(fast_paths: FastPaths) -> (Pool, Cast, [Vec<u8>; 2]) {
    let mut pool = Pool::with_config(3, Config { fast_paths, ..Config::default() });
    let mut cast = cast(&mut pool, 2);
    let Cast { launch, client, server, stream, to_server, .. } = &mut cast;
    let port = server.port;
    for (sender, stream) in [(&mut *launch, *to_server), (&mut *client, *stream)] {
        assert_eq!(sender.send(&mut pool, stream, b"the port learns of the stream", &[]), 0);
        server.receive(&mut pool, port, true);
    }
    let last = [(launch, *to_server), (client, *stream)].map(|(sender, stream)| {
        pool.wires.borrow_mut().record = Some(Vec::new());
        deliver(&mut pool, sender, stream, server);
        let record = pool.wires.borrow_mut().record.take();
        record.expect("it was begun").pop().expect("a packet was sent")
    });
    (pool, cast, last)
}

/// Sends a datagram to a server who waits for it, and leaves the lines open that it opens.
fn deliver(pool: &mut Pool, sender: &mut Inc, stream: u32, server: &mut Inc) {
    let port = server.port;
    server.start_receive(pool, port, true, 0);
    let message = sender.message(pool, 0, b"by a line", &[]);
    assert_eq!(sender.quick(pool, Call::Dgram, [stream, message, 0, 0, 0]), 0);
    pool.turn();
    pool.turn();
    assert_eq!(server.returned(pool), Some(1));
}

/// What the server does when a forged packet comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Server {
    Waits,
    IsBusy,
}

#[test]
fn no_packet_is_taken_by_a_line_that_is_closed() {
    for kind in [Kind::Invoke, Kind::Send, Kind::Dgram] {
        for doing in [Server::Waits, Server::IsBusy] {
            let (mut pool, mut cast, [_, mut packet]) = two_lines(FastPaths::Used);
            let Cast { launch, client, server, stream, to_server, .. } = &mut cast;
            // Something else closes both. The one from node 0, opened again, is the first one,
            // as it was; so the one from node 2 is left as it is.
            pool.settle();
            deliver(&mut pool, launch, *to_server, server);
            let (header, _) = Header::mut_from_prefix(&mut packet).expect("it is longer");
            header.kind = kind as u8;
            // A line that is closed leads to no port.
            header.to.set(KernelPort::NONE.0);
            renumber(&mut packet, 1);
            let port = server.port;
            if doing == Server::Waits {
                server.start_receive(&mut pool, port, true, 0);
            }
            pool.wires.borrow_mut().forge(NodeId(2), VICTIM, packet);
            pool.turn();
            if doing == Server::IsBusy {
                server.start_receive(&mut pool, port, true, 0);
            }
            assert_eq!(server.returned(&mut pool), None, "a forged {kind:?}, the server {doing:?}");
            assert_eq!(client.send(&mut pool, *stream, b"the next one", &[]), 0);
            let result = server.finish(&mut pool);
            assert_eq!(&server.got(&mut pool, 3, result).head[..12], b"the next one");
        }
    }
}

/// What comes of a packet: what the server receives, if anything, and who is told what.
#[derive(PartialEq, Debug)]
struct Outcome {
    received: Vec<Option<Vec<u8>>>,
    told: Vec<(u8, Vec<u8>)>,
}

/// What comes of a message from node 2, and of the next real ones from both nodes, when these
/// parts of its header are those of one from node 0.
fn outcome(fast_paths: FastPaths, kind: Kind, parts: &[Range<usize>]) -> Outcome {
    let (mut pool, mut cast, [mut other, mut packet]) = two_lines(fast_paths);
    let Cast { launch, client, server, stream, to_server, .. } = &mut cast;
    packet[0] = kind as u8;
    // To the same port, as one of another channel.
    other[TO_ID.end - 1] ^= 1;
    for part in parts {
        packet[part.clone()].copy_from_slice(&other[part.clone()]);
    }
    renumber(&mut packet, 1);
    let port = server.port;
    server.start_receive(&mut pool, port, false, 0);
    pool.wires.borrow_mut().record = Some(Vec::new());
    pool.wires.borrow_mut().forge(NodeId(2), VICTIM, packet);
    pool.turn();
    pool.turn();
    let result = server.returned(&mut pool);
    let mut received = vec![result.map(|result| server.got(&mut pool, 3, result).head)];
    for (sender, stream) in [(launch, *to_server), (client, *stream)] {
        let message = sender.message(&mut pool, 0, b"the next one", &[]);
        sender.start(&mut pool, Call::Send, [stream, message, 0, 0, 0]);
        pool.pass_ms(1000);
        received.push(server.poll(&mut pool, port).map(|got| got.head));
    }
    let record = pool.wires.borrow_mut().record.take().expect("it was begun");
    let told = record.iter().map(|packet| (packet[0], packet[ADDRESSES].to_vec())).collect();
    Outcome { received, told }
}

#[test]
fn a_packet_with_parts_of_another_lines_goes_as_without_lines() {
    let parts = [HINT, TO_ID, FROM, SOURCE, SEQUENCE];
    for kind in [Kind::Invoke, Kind::Send, Kind::Dgram] {
        for mixture in 0..1 << parts.len() {
            let chosen = |part: &usize| mixture >> part & 1 == 1;
            let parts: Vec<_> =
                (0..parts.len()).filter(chosen).map(|part| parts[part].clone()).collect();
            let fast = outcome(FastPaths::Used, kind, &parts);
            let ordinary = outcome(FastPaths::Unused, kind, &parts);
            assert_eq!(fast, ordinary, "{kind:?} with {parts:?}");
        }
    }
}

/// One packet of each kind, with each set of optional parts, to each port.
fn distinct(record: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut packets: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for packet in record {
        let (kind, to) = (&packet[..2], &packet[4..8]);
        packets.insert([kind, to].concat(), packet);
    }
    packets.into_values().collect()
}

#[test]
fn each_byte_of_each_packet_may_lie() {
    for packet in distinct(busy_pool().1) {
        let (mut pool, _, mut waiter) = busy_pool();
        let mut number = 0;
        let fields = packet.len().min(size_of::<Header>() + size_of::<Body>() + 16);
        // The header last: a number far ahead makes all others stale.
        let header = size_of::<Header>().min(fields);
        for at in (header..fields).chain(0..header) {
            for value in [0, 1, 0x7f, 0xff] {
                let mut forged = packet.clone();
                // A new message each time, or it would not be looked at.
                number += 1;
                renumber(&mut forged, number);
                forged[at] = value;
                pool.wires.borrow_mut().forge(NodeId(2), VICTIM, forged);
                if waiter.result(&mut pool).is_some() {
                    let port = waiter.port;
                    waiter.start_receive(&mut pool, port, false, BULK as u32);
                }
            }
        }
    }
}
