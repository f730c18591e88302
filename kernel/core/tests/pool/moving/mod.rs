//! Reconfiguration: ports that are propagated and attached, streams that are rebound and frozen,
//! and messages to groups.

mod control;
mod groups;
mod offers;

use abi::calls::Call;
use abi::constants::{Domain, RefType};
use abi::structs::{Keep, RefDescrip};

use crate::support::user::RESULTS;
use crate::support::{Inc, Pool};

/// Clients of a channel, and servers whose ports it may lead to.
pub struct Cast {
    pub launch: Inc,
    pub client: Inc,
    pub first: Inc,
    pub second: Inc,
    /// The client's stream to the channel of the first server.
    pub stream: u32,
    /// The first server's port of that, and its own stream.
    pub port: u32,
    pub own_stream: u32,
    /// Streams of the servers to each other's standard ports.
    pub to_second: u32,
    pub to_first: u32,
    /// Streams of the launch endpoint to all three.
    pub to: [u32; 3],
}

/// Nodes of client, first and second server.
pub const PLACES: [[u8; 3]; 5] = [[1, 1, 1], [1, 1, 2], [2, 1, 2], [1, 2, 2], [1, 2, 3]];

/// A pool of four nodes with such a cast.
pub fn cast([client, first, second]: [u8; 3]) -> (Pool, Cast) {
    let mut pool = Pool::new(4);
    let cast = cast_in(&mut pool, [client, first, second]);
    (pool, cast)
}

/// The same in a pool of four nodes that is there.
pub fn cast_in(pool: &mut Pool, places: [u8; 3]) -> Cast {
    let mut launch = pool.launch();
    let (mut client, _, to_client) = pool.create(&mut launch, places[0]);
    let (mut first, _, to_first) = pool.create(&mut launch, places[1]);
    let (mut second, _, to_second) = pool.create(&mut launch, places[2]);
    let (own_stream, port) = first.channel(pool);
    let mut pass = |giver: &mut Inc, by: u32, taker: &mut Inc, what: u32| {
        hand(pool, giver, by, taker, RefDescrip::new(RefType::Stream, what, Domain::Any, 0))
    };
    let first_to_second = pass(&mut launch, to_first, &mut first, to_second);
    let second_to_first = pass(&mut launch, to_second, &mut second, to_first);
    let first_to_client = pass(&mut launch, to_first, &mut first, to_client);
    let stream = pass(&mut first, first_to_client, &mut client, own_stream);
    Cast {
        launch,
        client,
        first,
        second,
        stream,
        port,
        own_stream,
        to_second: first_to_second,
        to_first: second_to_first,
        to: [to_client, to_first, to_second],
    }
}

/// Gives a reference to `taker`, who receives it at his standard port; answers his name of it.
pub fn hand(pool: &mut Pool, giver: &mut Inc, by: u32, taker: &mut Inc, what: RefDescrip) -> u32 {
    assert_eq!(giver.give(pool, by, what), 0, "it can be given");
    let port = taker.port;
    taker.start_receive(pool, port, false, 0);
    let result = taker.finish(pool);
    taker.got(pool, 3, result).reference.rd_obj.id.get()
}

/// A port that is given away, with these flags.
pub fn gift(port: u32, flags: u32) -> RefDescrip {
    let mut descriptor = RefDescrip::new(RefType::Port, port, Domain::Any, flags);
    descriptor.set_keep(Keep::Destroy);
    descriptor
}

/// Makes a multicast channel; answers stream and port.
pub fn group(pool: &mut Pool, inc: &mut Inc) -> (u32, u32) {
    let args = [1, RESULTS, RESULTS + 4, 0, 0];
    assert_eq!(inc.quick(pool, Call::ChanCreate, args), 0, "inc_chanCreate");
    (inc.read_word(pool, RESULTS), inc.read_word(pool, RESULTS + 4))
}

/// Sends messages with these numbers.
pub fn send(pool: &mut Pool, inc: &mut Inc, stream: u32, numbers: impl Iterator<Item = u8>) {
    for number in numbers {
        let data = vec![number; usize::from(number) * 30];
        assert_eq!(inc.send(pool, stream, &[number], &data), 0, "message {number}");
    }
}

/// Receives messages with these numbers, in this order, and no other.
pub fn expect(pool: &mut Pool, inc: &mut Inc, port: u32, numbers: impl Iterator<Item = u8>) {
    for number in numbers {
        let got = inc.poll(pool, port).unwrap_or_else(|| panic!("message {number} is missing"));
        assert_eq!(got.head[0], number);
        assert_eq!(got.data, vec![number; usize::from(number) * 30]);
    }
    assert!(inc.poll(pool, port).is_none(), "one too many");
}

/// Nothing is left of all the moves.
pub fn settled(pool: &mut Pool) {
    pool.pass_ms(30_000);
    assert_eq!(crate::support::bus::open_grants(&pool.wires), 0, "grants are revoked");
}
