//! What it costs to change the receiver while messages are sent (dissertation, A.3, table A.5),
//! also by calls and with data of which the original was not measured.

use super::{Method, Order, Place, Row, Unit};
use crate::bench::driver::Alternation;

/// Instructions for a change at most, beside the messages themselves.
const AIM: f64 = 5000.0;
/// Nodes: of the sender, of two receivers, and of the manager.
const NODES: u8 = 4;
/// Messages that a receiver gets before the change; fewer of those that take long.
const EVERY: u32 = 100;
/// See [`EVERY`].
const EVERY_LONG: u32 = 10;

/// What changes the receiver, and what the original took for that with `inc_send`, in
/// microseconds.
const MECHANISMS: [(&str, f64); 3] =
    [("propagate", 10_000.0), ("attach", 8200.0), ("rebind", 7400.0)];

/// Calls beside `inc_send` without data, and the bytes of data with each.
const OTHERS: [(&str, &str, u32); 6] = [
    ("inc_send.1k", "send", 1 << 10),
    ("inc_invoke", "invoke", 0),
    ("inc_asinvoke", "asinvoke", 0),
    ("inc_asinvoke.64k", "asinvoke", 64 << 10),
    ("inc_dgram", "dgram", 0),
    ("inc_dgram.1k", "dgram", 1 << 10),
];

/// Each mechanism with `inc_send` without data, in instructions and on the host's clock, and with
/// other calls.
pub fn rows() -> impl Iterator<Item = Row> {
    MECHANISMS.into_iter().flat_map(|(mechanism, original_us)| {
        let name = format!("reconfigure.{mechanism}");
        let row = |name: String, unit| {
            Row::new(name, unit, Method::Change(order(mechanism, "send", 0)))
                .beside(Some(original_us), "")
        };
        let wall = row(format!("wall.{name}"), Unit::Us);
        let others = OTHERS.map(|(label, call, bytes)| {
            let method = Method::Change(order(mechanism, call, bytes));
            Row::new(format!("{name}.{label}"), Unit::Instructions, method)
        });
        [row(name, Unit::Instructions).aim(AIM), wall].into_iter().chain(others)
    })
}

fn order(mechanism: &'static str, call: &'static str, bytes: u32) -> Order {
    let every = if bytes > 1 << 10 { EVERY_LONG } else { EVERY };
    let alternation = Some(Alternation { mechanism, every });
    Order { nodes: NODES, alternation, ..Order::new(call, Place::Far, bytes) }
}
