//! Backup ports: they are attached when the node of the attached port is lost, one of them, and at
//! no other time.

mod losses;
mod use_of;

use abi::calls::Call;
use abi::constants::{Domain, EventType, RefType};
use abi::error::CallError;
use abi::structs::RefDescrip;

use crate::moving::hand;
use crate::support::{Inc, Pool};

/// Milliseconds in which a backup port is attached when no packet is lost.
pub const FAIR_MS: u64 = 500;
/// The same in bad weather.
pub const LOSSY_MS: u64 = 6000;

/// A client, the owner of the port that it sends to, and others who have a backup port for it.
pub struct Cast {
    pub launch: Inc,
    pub client: Inc,
    pub owner: Inc,
    pub spares: Vec<Spare>,
    /// The client's stream.
    pub stream: u32,
    /// The owner's port.
    pub port: u32,
    /// Somebody to whom the owner may give his port, on node 4, and the owner's stream to him.
    pub heir: Inc,
    pub to_heir: u32,
}

/// Somebody with a stream to the channel.
pub struct Spare {
    pub inc: Inc,
    pub stream: u32,
    /// His backup port.
    pub port: u32,
}

/// A pool of six nodes: the launch endpoint on node 0, the client on node 1, the owner on node 2,
/// an heir on node 4, and a backup port on each of these nodes, made in this order.
pub fn cast(spares: &[u8]) -> (Pool, Cast) {
    let mut pool = Pool::new(6);
    let mut launch = pool.launch();
    let (mut client, _, to_client) = pool.create(&mut launch, 1);
    let (mut owner, _, to_owner) = pool.create(&mut launch, 2);
    let (own_stream, port) = owner.channel(&mut pool);
    let by = owner.launch;
    let copy = |what| RefDescrip::new(RefType::Stream, what, Domain::Any, 0);
    let shared = hand(&mut pool, &mut owner, by, &mut launch, copy(own_stream));
    let stream = hand(&mut pool, &mut launch, to_client, &mut client, copy(shared));
    let (heir, _, to_heir) = pool.create(&mut launch, 4);
    let to_heir = hand(&mut pool, &mut launch, to_owner, &mut owner, copy(to_heir));
    let mut others = Vec::new();
    for node in spares {
        let (mut inc, _, to) = pool.create(&mut launch, *node);
        let stream = hand(&mut pool, &mut launch, to, &mut inc, copy(shared));
        let port = backup(&mut pool, &inc, stream).expect("a backup port");
        others.push(Spare { inc, stream, port });
    }
    let spares = others;
    (pool, Cast { launch, client, owner, spares, stream, port, heir, to_heir })
}

/// Makes a backup port.
pub fn backup(pool: &mut Pool, inc: &Inc, stream: u32) -> Result<u32, CallError> {
    let result = inc.call(pool, Call::BackupCreate, [stream, 0, 0, 0, 0]);
    CallError::from_code(result).map_or(Ok(result as u32), Err)
}

/// Which of the backup ports whose nodes are up have been attached since they were asked last.
pub fn attached(pool: &mut Pool, spares: &[Spare]) -> Vec<usize> {
    let mut attached = Vec::new();
    for (number, Spare { inc, port, .. }) in spares.iter().enumerate() {
        if !pool.is_up(inc.node) {
            continue;
        }
        let mut inc = inc.clone();
        inc.start_events(pool, &[(*port, EventType::PortAttached as u32)], 0);
        if !inc.occurred(pool).is_empty() {
            attached.push(number);
        }
    }
    attached
}

/// Sends a message; answers the error, if it is one.
pub fn send(pool: &mut Pool, client: &mut Inc, stream: u32, number: u8) -> Option<CallError> {
    CallError::from_code(client.send(pool, stream, &[number], &[]))
}

/// The numbers of the messages that have come to a port.
pub fn received(pool: &mut Pool, inc: &mut Inc, port: u32) -> Vec<u8> {
    std::iter::from_fn(|| inc.poll(pool, port).map(|got| got.head[0])).collect()
}
