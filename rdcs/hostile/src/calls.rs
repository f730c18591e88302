//! Keeps guests at work until they have made enough random calls.

use alloc::vec::Vec;
use core::time::Duration;

use hostile::dice::Dice;
use hostile::{COMPLETE, Order};
use rdc::event::{self, Event};
use rdc::{CallError, Child, Domain, EndReason, Message, Module, NodeId, Stream, Timeout};
use zerocopy::IntoBytes;

use crate::{Failure, done};

/// Guests at a time.
const GUESTS: usize = 16;
/// Calls that each makes. Few of those who make more come to an end: they wait for each other.
const CALLS: u32 = 100;
/// How long guests are waited for at a time, in milliseconds.
const LOOK_MS: u32 = 20;
/// When all of so many sets of guests in a row are late, the servants are taken from them.
const VAIN: u32 = 3;
/// A guest that takes longer waits for something that never comes.
const PATIENCE: Duration = Duration::from_millis(250);

/// A guest and when it came.
struct Guest {
    child: Child,
    since: Duration,
}

struct Party {
    dice: Dice,
    module: Module,
    servants: Vec<Child>,
    guests: Vec<Guest>,
    /// Calls of guests that have made all of theirs.
    made: u32,
    patience: Duration,
    /// Sets of guests in a row that were all late.
    in_vain: u32,
}

/// Has guests make `count` calls, here and on another node. It ends earlier if what they have
/// left behind fills the nodes, or when one of them ends the RDC: the last line that begins
/// with "made" says how far they have come.
pub fn make(count: u32, seed: u64) -> Result<(), Failure> {
    let here = rdc::node();
    let nodes = done("inc_nodeList", rdc::nodes())?;
    let other = nodes.iter().map(|node| node.id).find(|node| *node != here).unwrap_or(here);
    let servant = done("the servant's module", Module::named("servant"))?;
    let servant = |node| done("a servant", servant.create(node, &[]));
    let mut party = Party {
        dice: Dice::new(seed),
        module: done("the guests' module", Module::named("guest"))?,
        servants: [servant(here)?, servant(other)?].into(),
        guests: Vec::new(),
        made: 0,
        patience: PATIENCE,
        in_vain: 0,
    };
    while party.made < count && party.in_vain < VAIN {
        if !party.invite([here, other])? {
            return Ok(());
        }
        party.look_after()?;
    }
    Ok(())
}

impl Party {
    /// Fills the places. False if the nodes take nobody any more.
    fn invite(&mut self, nodes: [NodeId; 2]) -> Result<bool, Failure> {
        while self.guests.len() < GUESTS {
            // Most are here, where the neighbour is.
            let node = nodes[usize::from(self.dice.one_in(4))];
            let order = Order { seed: self.dice.any().into(), calls: CALLS.into() };
            let child = match self.module.create(node, order.as_bytes()) {
                Ok(child) => child,
                Err(CallError::Busy | CallError::NoMemory | CallError::TableFull) => {
                    return Ok(false);
                }
                Err(error) => return Err(alloc::format!("a guest: {error}")),
            };
            for servant in &self.servants {
                welcome(&child.stream, &servant.stream)?;
            }
            self.guests.push(Guest { child, since: elapsed()? });
        }
        Ok(true)
    }

    /// Waits for ends, and ends those who wait themselves.
    fn look_after(&mut self) -> Result<(), Failure> {
        let mut events: Vec<Event<'_>> =
            self.guests.iter().map(|guest| Event::dead(&guest.child.incarnation)).collect();
        let ended = done("inc_eventWait", event::wait(&mut events, Timeout::WithinMs(LOOK_MS)))?;
        let ends: Vec<_> = self
            .guests
            .iter()
            .map(|guest| ended.iter().find(|event| event.is_about(&guest.child.incarnation)))
            .map(|event| event.and_then(Event::end))
            .collect();
        let now = elapsed()?;
        let (mut complete, mut late) = (0, 0);
        let mut ends = ends.into_iter();
        let patience = self.patience;
        self.guests.retain(|guest| match ends.next().flatten() {
            Some(end) => {
                complete += u32::from(end == (EndReason::Exited, COMPLETE));
                false
            }
            None if now.saturating_sub(guest.since) > patience => {
                // One that has just ended is what is wanted.
                let _ = guest.child.incarnation.destroy();
                late += 1;
                false
            }
            None => true,
        });
        if complete > 0 {
            self.made += complete * CALLS;
            self.in_vain = 0;
            // What guests print may have left a line without an end.
            rdc::println!("\nmade {}", self.made);
        } else if late == GUESTS {
            // A busy host needs more time.
            self.patience *= 2;
            self.in_vain += 1;
        }
        Ok(())
    }
}

/// Gives a guest a stream. One that has ended already needs none.
fn welcome(guest: &Stream, servant: &Stream) -> Result<(), Failure> {
    match guest.send(&mut Message::new().reference(servant, Domain::Any)) {
        Ok(()) | Err(CallError::PeerLost | CallError::NotAttached | CallError::OutcomeUnknown) => {
            Ok(())
        }
        Err(error) => Err(alloc::format!("a welcome: {error}")),
    }
}

fn elapsed() -> Result<Duration, Failure> {
    done("inc_time", rdc::time::times()).map(|times| times.elapsed)
}
