//! User code that issues random calls with random arguments: whatever it does, it harms
//! nobody but its own RDC. A neighbour on the same node plays ping-pong all the while and
//! checks each byte; when the guests are gone, everything that they had is there again.

mod guest;

use abi::calls::Call;
use abi::constants::RefType;
use abi::ids::RdcId;
use kernel::platform::Memory;
use kernel::view::Doing;

use crate::messages::{Cast, client_and_server};
use crate::support::bus::open_grants;
use crate::support::dice::Dice;
use crate::support::pool::RDC;
use crate::support::user::copy_of;
use crate::support::{Inc, Pool};
use guest::Notebook;

/// Calls that are made in all.
const CALLS_MADE: u32 = 1_000_000;
/// Calls between two rounds of the neighbour's game.
const ROUND: u32 = 1000;
/// Calls between two turns of the other nodes.
const TURN: u32 = 8;
/// Guests that are created at a time; they create more.
const GUESTS: usize = 4;
/// Microseconds that a call takes.
const CALL_US: u64 = 20;
/// Bytes of zeroed data of a guest.
const GUEST_BSS: u32 = 0x18000;

/// The guests: an RDC of their own on node 1, started again whenever it comes to nothing.
struct Guests {
    dice: Dice,
    rdc: u32,
    launch: Inc,
    notebook: Notebook,
}

impl Guests {
    fn new(pool: &mut Pool, seed: u64) -> Self {
        pool.module_bss = GUEST_BSS;
        let launch = start_rdc(pool, RDC + 1);
        let (dice, notebook) = (Dice::new(seed), Notebook::default());
        let mut guests = Self { dice, rdc: RDC + 1, launch, notebook };
        guests.invite(pool);
        guests
    }

    /// Has the launch endpoint create guests, each with a stream to the one before.
    fn invite(&mut self, pool: &mut Pool) {
        let mut before = None;
        for _ in 0..GUESTS {
            let Ok((_, stream)) = self.launch.create(pool, 1, b"welcome") else { return };
            if let Some(before) = before {
                self.launch.give(pool, stream, copy_of(RefType::Stream, before, 0));
            }
            before = Some(stream);
        }
    }

    /// Ends the RDC and starts the next.
    fn start_again(&mut self, pool: &mut Pool) {
        self.end(pool);
        self.rdc += 1;
        self.launch = start_rdc(pool, self.rdc);
        self.invite(pool);
    }

    fn end(&mut self, pool: &mut Pool) {
        self.launch.start(pool, Call::Exit, [0; 5]);
        pool.settle();
        self.notebook = Notebook::default();
    }

    /// One of the guests makes a call, if there is one that can.
    fn call(&mut self, pool: &mut Pool) {
        let rdc = RdcId::new(self.rdc).expect("positive");
        let mut residents = pool.node(1).residents();
        residents.retain(|resident| resident.rdc == rdc);
        let is_free = |resident: &kernel::view::Resident| resident.doing == Doing::Running;
        if let Some(held) = residents.iter().find(|resident| !is_free(resident))
            && self.dice.one_in(4)
        {
            pool.node(1).end_wait(held.slot);
        }
        residents.retain(is_free);
        if residents.is_empty() {
            if self.dice.one_in(16) {
                self.start_again(pool);
            }
            return;
        }
        let slot = self.dice.pick(&residents).slot;
        self.notebook.call(pool, &mut self.dice, slot);
    }
}

/// Launches an RDC from node 0, for node 1.
fn start_rdc(pool: &mut Pool, rdc: u32) -> Inc {
    let launch = pool.launch_endpoint(0, rdc);
    assert_eq!(launch.call(pool, Call::NodeAlloc, [1, rdc, 0, 0, 0]), 0);
    launch
}

/// One round of the neighbour's game.
fn ping_pong(pool: &mut Pool, cast: &mut Cast, number: u32) {
    let Cast { client, server, stream, .. } = cast;
    let length = if number.is_multiple_of(2) { 300 } else { 20_000 };
    let data: Vec<u8> = (0..length).map(|at: u32| (at ^ number) as u8).collect();
    let head = number.to_be_bytes();
    client.start_invoke(pool, *stream, &head, &data, length);
    let port = server.port;
    let got = server.receive(pool, port, true);
    assert_eq!(&got.head[..4], head, "round {number}: the header arrives");
    assert!(got.data == data, "round {number}: the data arrives");
    assert_eq!(server.reply(pool, got.result, &head, &got.data), 0, "round {number}");
    let replied = client.replied(pool);
    assert_eq!(&replied.head[..4], head, "round {number}: the header comes back");
    assert!(replied.data == data, "round {number}: the data comes back");
}

#[test]
fn random_calls_harm_nobody_else() {
    let (mut pool, mut cast) = client_and_server(1);
    let free_pages: Vec<u32> = (0..3).map(|node| pool.node(node).memory().free_pages()).collect();
    let mut guests = Guests::new(&mut pool, 1);
    for number in 0..CALLS_MADE {
        guests.call(&mut pool);
        pool.clock.set(pool.clock.get() + CALL_US);
        if number.is_multiple_of(TURN) {
            pool.turn();
        }
        if number.is_multiple_of(ROUND) {
            ping_pong(&mut pool, &mut cast, number / ROUND);
        }
    }
    guests.end(&mut pool);
    pool.pass_ms(30_000);
    for node in 0..3 {
        assert_eq!(pool.node(node).messages_in_use(), (0, 0), "node {node}");
        let free = pool.node(node).memory().free_pages();
        assert_eq!(free, free_pages[usize::from(node)], "node {node}: pages");
    }
    assert_eq!(open_grants(&pool.wires), 0);
    assert_eq!(pool.node(1).residents().len(), 2, "client and server");
    ping_pong(&mut pool, &mut cast, 1);
}
